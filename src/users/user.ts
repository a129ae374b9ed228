import type { Grant } from '../principal.ts'

export interface User {
  /** UUID. */
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly name: string | null
  readonly status: UserStatus
  /** The grant on this server, sorted: the ceiling of all credentials; `null`: no ceiling. */
  readonly scopes: readonly string[] | null
  /** The ceiling from the `grantClaim` of the issuer; `null`: no ceiling. */
  readonly issuerScopes: readonly string[] | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type UserStatus = 'ACTIVE' | 'SUSPENDED'

export function grantOf(user: Pick<User, 'scopes' | 'issuerScopes'>): Grant {
  return { ceiling: user.scopes, issuerCeiling: user.issuerScopes }
}
