import { administrativeScopes } from './scopes.ts'

/**
 * Who is asking. An API key and a JWT of the same user with the same scopes give equal principals
 * but for `credential`, which is for showing and auditing alone.
 */
export interface Principal {
  /** With `subject`, who it is: two issuers' subjects never mix. */
  readonly issuer: string
  /** The JWT's `sub`; for a key, its owner's subject. */
  readonly subject: string
  /** Row in `users`. */
  readonly userId: string
  /** Effective: the credential's scopes within the owner's grant as it is now. */
  readonly scopes: ReadonlySet<string>
  readonly credential: Credential
}

export interface Credential {
  readonly kind: 'API_KEY' | 'JWT'
  /** Public id of the key, or the JWT's `jti`. */
  readonly id: string | null
  /** Name of the key; `null` for a JWT. */
  readonly name: string | null
  /** Issuer of the JWT; `null` for a key. */
  readonly issuer: string | null
  /** What the credential itself carries, before its owner's grant narrowed it; sorted. */
  readonly scopes: readonly string[]
  readonly expiresAt: Date | null
}

/**
 * The ceiling over all of a user's credentials: ours (`users.scopes`) and the one its issuer states
 * in a claim. `null` is no ceiling of that side.
 */
export interface Grant {
  readonly ours: readonly string[] | null
  readonly issuers: readonly string[] | null
}

/**
 * Those of `scopes` that `grant` allows, in their order. Where neither side sets a ceiling everything
 * passes but the administrative scopes, which someone must have granted explicitly.
 */
export function withinGrant(scopes: readonly string[], grant: Grant): readonly string[] {
  if (grant.ours === null && grant.issuers === null) {
    return scopes.filter((scope) => !administrativeScopes.has(scope))
  }
  return scopes.filter(
    (scope) =>
      (grant.ours === null || grant.ours.includes(scope)) &&
      (grant.issuers === null || grant.issuers.includes(scope)),
  )
}
