import { randomUUID } from 'node:crypto'
import type { Authentication, Refusal } from '../credentials/authenticator.ts'
import { clientAddress } from './client-address.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

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
  /** An object of its own, since Yoga hands its plugins a copy of the context. */
  readonly seen: { authentication: Authentication | null }
}

/** A client's own id is kept when it is harmless in a log and in a header. */
const acceptableRequestId = /^[A-Za-z0-9._-]{1,128}$/

/** @param header reads a header of the request by its lower-case name */
export function createRequestContext(
  header: (name: string) => string | null,
  { peerAddress }: ConnectionInfo,
  trustedProxies: TrustedProxies,
): RequestContext {
  return {
    requestId: requestIdFor(header('x-request-id')),
    peerAddress,
    clientAddress: () => clientAddress(peerAddress, header('x-forwarded-for'), trustedProxies),
    seen: { authentication: null },
  }
}

/** Why the request's credential was refused; `null` where it was not. */
export function refusalOf({ seen: { authentication } }: RequestContext): Refusal | null {
  return authentication?.kind === 'refused' ? authentication.refusal : null
}

/** The id that a client `asked` for, or a new one. */
export function requestIdFor(asked: string | null): string {
  return asked !== null && acceptableRequestId.test(asked) ? asked : newRequestId()
}

/*
 * In the form of a UUID. Its last six digits count, and the others are drawn anew once they are
 * through: an id need not be hard to guess, and to draw each takes a twentieth of a small answer's time.
 */

const digits = Array.from({ length: 0x1000 }, (_, n) => n.toString(16).padStart(3, '0'))
let start = ''
let count = 0

export function newRequestId(): string {
  if (count === 0) start = randomUUID().slice(0, -6)
  const id = `${start}${digits[count >> 12]}${digits[count & 0xfff]}`
  count = (count + 1) & 0xffffff
  return id
}
