import type { Principal } from '../principal.ts'
import { isScopeName, sorted } from '../scopes.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** `typ` of an identity token (RFC 8725 §3.11): no other token of ours or of an issuer has it. */
export const identityTokenType = 'identity+jwt'

/** Seconds from `iat` to `exp`. */
export const identityTokenLifetime = 60

/** `aud` where nobody asked for another. */
export const defaultAudience = 'backend'

export type AuthMethod = 'api-key' | 'jwt'

/** What an identity token says of whoever asks. */
export interface IdentityClaims {
  readonly iss: string
  readonly sub: string
  /** RFC 9493 §3.2.3: `sub` alone is two people where two issuers have it. */
  readonly sub_id: { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string }
  readonly aud: string
  /** Effective, separated by spaces, sorted. */
  readonly scope: string
  readonly auth_method: AuthMethod
  /** The user's id in Latchkey. */
  readonly user_id: string
  /**
   * RFC 8693 §4.1, for the backend's audit: by which credential. `sub` is the key's id or the JWT's
   * `jti`, missing where it has none; `name` the key's.
   */
  readonly act: {
    readonly kind: Principal['credential']['kind']
    readonly sub?: string
    readonly name?: string
  }
  /** Seconds since the epoch. */
  readonly iat: number
  readonly exp: number
  /** Of the token. The token is used for many requests, so this is not for single use. */
  readonly jti: string
}

export interface IdentityTokenContent {
  readonly principal: Principal
  readonly audience: string
  /** Of the server that says so. */
  readonly issuer: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** `jti`. */
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

export function authMethod({ credential }: Principal): AuthMethod {
  return credential.kind === 'API_KEY' ? 'api-key' : 'jwt'
}

/** The effective scopes as one text. What is no scope name could read as several, and is left out. */
export function scopeText({ scopes }: Principal): string {
  return sorted(scopes).filter(isScopeName).join(' ')
}

/** Whether it can be an `aud` here. */
export function isAudience(text: string): boolean {
  return isVisibleAscii(text, 255)
}
