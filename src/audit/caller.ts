import type { Principal } from '../principal.ts'
import type { Actor } from './actor.ts'

/** The principal that makes a change, and the id of its request. */
export interface Caller {
  readonly principal: Principal
  readonly requestId: string | null
}

export function actorOf({ principal, requestId }: Caller): Actor {
  return {
    issuer: principal.issuer,
    subject: principal.subject,
    credentialKind: principal.credential.kind,
    credentialId: principal.credential.id,
    requestId,
  }
}
