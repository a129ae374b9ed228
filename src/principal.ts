import { administrativeScopes, sorted } from './scopes.ts'

/**
 * The identity and the scopes of a caller. Credentials of the same user with the same scopes give
 * principals that differ in `credential` only, which is meant for display and audit.
 */
export interface Principal {
  /** Identifies the user together with `subject`. Subjects of different issuers are different users. */
  readonly issuer: string
  /** `sub` of the JWT, or the subject of the owner of the API key. */
  readonly subject: string
  /** The id of the row in `users`. */
  readonly userId: string
  /** The effective scopes: those of the credential that the present grant of its owner allows. */
  readonly scopes: ReadonlySet<string>
  readonly credential: Credential
}

export interface Credential {
  /** `SESSION`: the application's own sign-in. */
  readonly kind: 'API_KEY' | 'JWT' | 'SESSION'
  /** The public id of the API key, or `jti` of the JWT. */
  readonly id: string | null
  /** The name of the API key; `null` for a JWT or a session. */
  readonly name: string | null
  /** The issuer of the JWT or session; `null` for an API key. */
  readonly issuer: string | null
  /** The scopes of the credential before its owner's grant narrows them, sorted. */
  readonly scopes: readonly string[]
  readonly expiresAt: Date | null
}

/**
 * The ceilings of the scopes of all credentials of a user: `ceiling` is that of this server
 * (`users.scopes`), `issuerCeiling` the one that the issuer states in a claim. `null`: no ceiling.
 */
export interface Grant {
  readonly ceiling: readonly string[] | null
  readonly issuerCeiling: readonly string[] | null
}

/**
 * Returns the scopes that `grant` allows, in their order. A grant without any ceiling allows all scopes
 * except the administrative ones, which need an explicit grant.
 */
export function withinGrant(scopes: readonly string[], grant: Grant): readonly string[] {
  if (grant.ceiling === null && grant.issuerCeiling === null) {
    return scopes.filter((scope) => !administrativeScopes.has(scope))
  }
  return scopes.filter(
    (scope) =>
      (grant.ceiling === null || grant.ceiling.includes(scope)) &&
      (grant.issuerCeiling === null || grant.issuerCeiling.includes(scope)),
  )
}

/**
 * Returns a text that is equal for principals that get the same answers: it contains the issuer, the subject and the
 * effective scopes. `null`: the caller is anonymous.
 */
export function principalKeyOf(principal: Principal | null): string | null {
  if (principal === null) return null
  const { issuer, subject, scopes } = principal
  return JSON.stringify([issuer, subject, ...sorted([...scopes])])
}
