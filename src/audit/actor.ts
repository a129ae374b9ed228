import type { Credential } from '../principal.ts'

/** The origin of a change: a principal, or an operator at the command line (all fields `null`). */
export interface Actor {
  readonly issuer: string | null
  readonly subject: string | null
  readonly credentialKind: Credential['kind'] | null
  readonly credentialId: string | null
  readonly requestId: string | null
}

/** An operator at the command line. */
export const operator: Actor = {
  issuer: null,
  subject: null,
  credentialKind: null,
  credentialId: null,
  requestId: null,
}
