import { randomUUID } from 'node:crypto'
import { RequestAdmission } from '../admission/request-admission.ts'
import { clientAddress } from '../net/client-address.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'
import type { HttpRequest } from './endpoint.ts'

/** The connection of a request. */
export interface ConnectionInfo {
  /** Address of the peer; `null` if unknown. */
  readonly peerAddress: string | null
}

/** The form of `X-Request-Id` values that are accepted from clients: safe in a log and in a header. */
const acceptableRequestId = /^[A-Za-z0-9._-]{1,128}$/

/** State of one request, for admission and the log. */
export class RequestContext implements ConnectionInfo {
  readonly requestId: string
  readonly peerAddress: string | null
  /** The outcome of admission, with the principal. */
  readonly admission = new RequestAdmission()
  /** The work that was charged to the client for this request, in milliseconds. See `Pacing`. */
  chargedMs = 0
  readonly #request: Pick<HttpRequest, 'header'>
  readonly #trustedProxies: TrustedProxies

  constructor(
    request: Pick<HttpRequest, 'header'>,
    { peerAddress }: ConnectionInfo,
    trustedProxies: TrustedProxies,
  ) {
    const asked = request.header('x-request-id')
    this.requestId = asked !== null && acceptableRequestId.test(asked) ? asked : randomUUID()
    this.peerAddress = peerAddress
    this.#request = request
    this.#trustedProxies = trustedProxies
  }

  /**
   * Returns the address of the client behind the trusted proxies; `null` if unknown. Computed when called,
   * because most requests do not need it.
   */
  clientAddress(): string | null {
    const forwardedFor = this.#request.header('x-forwarded-for')
    return clientAddress(this.peerAddress, forwardedFor, this.#trustedProxies)
  }
}
