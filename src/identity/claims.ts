import type { Principal } from '../principal.ts'
import { isScopeName, sorted } from '../scopes.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/**
 * The `typ` of an identity token (RFC 8725 §3.11). No other token of this server or of an issuer has
 * it.
 */
export const identityTokenType = 'identity+jwt'

/** The lifetime of an identity token, from `iat` to `exp`. Seconds. */
export const identityTokenLifetime = 60

/** The `aud` if the request names no audience. */
export const defaultAudience = 'backend'

export type AuthMethod = 'api-key' | 'jwt' | 'session'

/** The claims of an identity token, which describe the caller. */
export interface IdentityClaims {
  readonly iss: string
  readonly sub: string
  /**
   * The issuer and subject of the caller (RFC 9493 §3.2.3). `sub` alone is ambiguous, because two
   * issuers may use the same one.
   */
  readonly sub_id: { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string }
  readonly aud: string
  /** The effective scopes, sorted and separated by spaces. */
  readonly scope: string
  readonly auth_method: AuthMethod
  /** The user's id in Latchkey. */
  readonly user_id: string
  /**
   * The credential that the caller used, for the audit of the backend (RFC 8693 §4.1). `sub` is the id
   * of the key or the `jti` of the JWT; it is missing if the JWT has none. `name` is the name of the
   * key.
   */
  readonly act: {
    readonly kind: Principal['credential']['kind']
    readonly sub?: string
    readonly name?: string
  }
  /** Seconds since the epoch. */
  readonly iat: number
  readonly exp: number
  /** The id of the token. The token is used for many requests, so the id does not mark a single use. */
  readonly jti: string
}

export interface IdentityTokenContent {
  readonly principal: Principal
  readonly audience: string
  /** The issuer of the identity token: the URL of this server. */
  readonly issuer: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** The `jti`. */
  readonly id: string
}

export function identityClaims(statement: IdentityTokenContent): IdentityClaims {
  const { principal, audience, issuer, issuedAt, id } = statement
  const { kind, id: credentialId, name } = principal.credential
  return {
    iss: issuer,
    sub: principal.subject,
    sub_id: { format: 'iss_sub', iss: principal.issuer, sub: principal.subject },
    aud: audience,
    scope: scopeText(principal),
    auth_method: authMethod(principal),
    user_id: principal.userId,
    act: {
      kind,
      ...(credentialId !== null && { sub: credentialId }),
      ...(name !== null && { name }),
    },
    iat: issuedAt,
    exp: issuedAt + identityTokenLifetime,
    jti: id,
  }
}

const authMethods = { API_KEY: 'api-key', JWT: 'jwt', SESSION: 'session' } as const

export function authMethod({ credential }: Principal): AuthMethod {
  return authMethods[credential.kind]
}

/**
 * Returns the effective scopes as one string. An entry that is not a valid scope name is omitted,
 * because it could read as several scopes.
 */
export function scopeText({ scopes }: Principal): string {
  return sorted(scopes).filter(isScopeName).join(' ')
}

/** Whether `text` is valid as the `aud` of an identity token. */
export function isAudience(text: string): boolean {
  return isVisibleAscii(text, 255)
}
