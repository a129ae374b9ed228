import type { Grant } from '../principal.ts'

export interface User {
  /** UUID. */
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly name: string | null
  readonly status: UserStatus
  /** Our ceiling over all of the user's credentials, sorted; `null`: none. */
  readonly scopes: readonly string[] | null
  /** The ceiling that the issuer states; `null`: none stated. */
  readonly issuerScopes: readonly string[] | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type UserStatus = 'ACTIVE' | 'SUSPENDED'

export function grantOf(user: Pick<User, 'scopes' | 'issuerScopes'>): Grant {
  return { ours: user.scopes, issuers: user.issuerScopes }
}
