import { randomUUID } from 'node:crypto'
import { RequestAdmission } from '../admission/admission.ts'
import { clientAddress } from '../net/client-address.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'
import type { HttpRequest } from './endpoint.ts'

/** What is known of the connection that a request came over. */
export interface ConnectionInfo {
  /** Address of the peer; `null` when unknown. */
  readonly peerAddress: string | null
}

/** A client's own id is kept when it is harmless in a log and in a header. */
const acceptableRequestId = /^[A-Za-z0-9._-]{1,128}$/

/** What one request gathers on its way, for the log. */
export class RequestContext implements ConnectionInfo {
  readonly requestId: string
  readonly peerAddress: string | null
  /** Who sent the request. */
  readonly admission = new RequestAdmission()
  readonly #request: Pick<HttpRequest, 'header'>
  readonly #trustedProxies: TrustedProxies

  constructor(
    request: Pick<HttpRequest, 'header'>,
    { peerAddress }: ConnectionInfo,
    trustedProxies: TrustedProxies,
  ) {
    const asked = request.header('x-request-id')
    this.requestId = asked !== null && acceptableRequestId.test(asked) ? asked : newRequestId()
    this.peerAddress = peerAddress
    this.#request = request
    this.#trustedProxies = trustedProxies
  }

  /**
   * Where the request comes from, behind the proxies that are trusted; `null` when unknown. Found out
   * when asked for, since most requests end without.
   */
  clientAddress(): string | null {
    const forwardedFor = this.#request.header('x-forwarded-for')
    return clientAddress(this.peerAddress, forwardedFor, this.#trustedProxies)
  }
}

export function newRequestId(): string {
  return randomUUID()
}
