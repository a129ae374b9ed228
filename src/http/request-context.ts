import { randomUUID } from 'node:crypto'
import { RequestAdmission } from '../admission/admission.ts'
import { clientAddress } from '../net/client-address.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'

/** What is known of the connection that a request came over. */
export interface ConnectionInfo {
  /** Address of the peer; `null` when unknown. */
  readonly peerAddress: string | null
}

/** What one request gathers on its way, for the log. */
export interface RequestContext extends ConnectionInfo {
  readonly requestId: string
  /**
   * Where the request comes from, behind the proxies that are trusted; `null` when unknown. Found out
   * when asked for, since most requests end without.
   */
  readonly clientAddress: () => string | null
  /** Who sent the request. */
  readonly admission: RequestAdmission
}

/** A client's own id is kept when it is harmless in a log and in a header. */
const acceptableRequestId = /^[A-Za-z0-9._-]{1,128}$/

/** @param header reads a header of the request by its lower-case name */
export function createRequestContext(
  header: (name: string) => string | null,
  { peerAddress }: ConnectionInfo,
  trustedProxies: TrustedProxies,
): RequestContext {
  const asked = header('x-request-id')
  return {
    requestId: asked !== null && acceptableRequestId.test(asked) ? asked : newRequestId(),
    peerAddress,
    clientAddress: () => clientAddress(peerAddress, header('x-forwarded-for'), trustedProxies),
    admission: new RequestAdmission(),
  }
}

export function newRequestId(): string {
  return randomUUID()
}
