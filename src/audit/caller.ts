import type { Principal } from '../principal.ts'
import type { Actor } from './actor.ts'

/** Who asks for a change, and in which request. */
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
