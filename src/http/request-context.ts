import { randomUUID } from 'node:crypto'
import type { Authentication } from '../credentials/authenticator.ts'

/** What is known of the connection that a request came over. */
export interface ConnectionInfo {
  /** Address of the peer; `null` when unknown. */
  readonly peerAddress: string | null
}

/** What one request gathers on its way, for the log. */
export interface RequestContext extends ConnectionInfo {
  readonly requestId: string
  /** An object of its own, since Yoga hands its plugins a copy of the context. */
  readonly seen: { authentication: Authentication | null }
}

/** A client's own id is kept when it is harmless in a log and in a header. */
const acceptableRequestId = /^[A-Za-z0-9._-]{1,128}$/

export function createRequestContext(
  request: Request,
  { peerAddress }: ConnectionInfo,
): RequestContext {
  const requestId = requestIdFor(request.headers.get('x-request-id'))
  return { requestId, peerAddress, seen: { authentication: null } }
}

/** The id that a client `asked` for, or a new one. */
export function requestIdFor(asked: string | null): string {
  return asked !== null && acceptableRequestId.test(asked) ? asked : randomUUID()
}
