import { lastInstant } from '../last-date.ts'
import { sorted } from '../scopes.ts'
import { isSubject } from '../users/identity.ts'
import { isVisibleAscii } from '../visible-ascii.ts'
import { type Claims, readClaim, scopeNames } from './claims.ts'
import type { StatedGrant } from './directory.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'
import type { JwtRefusal, VerifiedJwt } from './jwt.ts'

/** A later date is a mistake, such as a time in milliseconds. Seconds since the epoch. */
const lastSecond = Math.floor(lastInstant / 1000)

/**
 * Checks the claims of a token (RFC 7519 §4.1, RFC 9068 §4) before the signature, whose verification takes
 * longer.
 *
 * @param type `typ` of the header, in lower case and without `application/`
 * @param now milliseconds since the epoch
 */
export function checkClaims(
  claims: Claims,
  type: string | null,
  issuer: ResolvedIssuer,
  now: number,
): VerifiedJwt | JwtRefusal {
  if (!isAcceptedType(claims, type, issuer)) return 'type'

  const { sub, exp, iat, nbf, jti } = claims
  if (typeof sub !== 'string' || !isSubject(sub)) return 'claims'
  if (!isDate(exp) || !isDate(iat) || (nbf !== undefined && !isDate(nbf))) return 'claims'
  if (jti !== undefined && typeof jti !== 'string') return 'claims'

  const seconds = now / 1000
  const tolerance = issuer.clockToleranceSeconds
  const expiresAt = exp + issuer.expiryToleranceSeconds
  const longest = issuer.maxTokenAgeSeconds ?? Number.POSITIVE_INFINITY
  if (iat > seconds + tolerance) return 'issued-in-the-future'
  if (nbf !== undefined && nbf > seconds + tolerance) return 'not-yet-valid'
  if (expiresAt <= seconds) return 'expired'
  if (seconds - iat > longest + tolerance) return 'too-old'
  if (exp - iat > longest) return 'lifetime'

  const audiences = matchAudiences(issuer.preset.audienceOf(claims), issuer.audiences)
  const [audience] = audiences
  if (audience === undefined) return 'audience'

  const issuedAt = Math.floor(iat)
  const grant = readGrant(claims, issuer, audience, issuedAt)
  if (grant === undefined) return 'claims'

  return {
    issuer: issuer.issuer,
    subject: sub,
    scopes: readScopes(claims, issuer, audiences),
    grant,
    issuedAt,
    expiresAt: Math.floor(expiresAt),
    // The id goes to headers and logs only. One with other characters is left out.
    id: jti !== undefined && isVisibleAscii(jti, 255) ? jti : null,
  }
}

/**
 * Whether the token may be an access token (RFC 8725 §3.11, §3.12), by `typ`, by claims that mark an ID token,
 * and by that of a security event such as a logout token (RFC 8417 §2.2). A token that is bound to a key of
 * its sender (`cnf`, RFC 9449 and RFC 8705) is refused too: as a bearer token it would lose that protection.
 */
function isAcceptedType(claims: Claims, type: string | null, issuer: ResolvedIssuer): boolean {
  const { preset } = issuer
  if (claims.events !== undefined || claims.cnf !== undefined) return false
  if (!preset.isForApis(claims)) return false
  if (type === 'at+jwt') return true
  if (issuer.requireAccessTokenType) return false
  if (type !== null && type !== 'jwt') return false
  return !preset.idTokenClaims.some((name) => claims[name] !== undefined)
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond
}

/** Returns those of `audiences` that the token names, in their order. */
function matchAudiences(named: unknown, audiences: readonly string[]): readonly string[] {
  if (typeof named === 'string') return audiences.filter((audience) => audience === named)
  if (!Array.isArray(named) || !named.every((name) => typeof name === 'string')) return []
  return audiences.filter((audience) => named.includes(audience))
}

/** Returns `null` if the grant of the user decides. */
function readScopes(
  claims: Claims,
  { scopeClaims, scopesFrom, scopePrefix }: ResolvedIssuer,
  audiences: readonly string[],
): readonly string[] | null {
  const stated = scopeClaims(audiences)
    .map((path) => readClaim(claims, path))
    .filter((value) => value !== undefined)
  if (stated.length === 0 && scopesFrom === 'grant') return null
  return sorted(stated.flatMap((value) => scopeNames(value, scopePrefix) ?? []))
}

/** Returns `null` if the token states no grant, and `undefined` if it states one that is not valid. */
function readGrant(
  claims: Claims,
  issuer: ResolvedIssuer,
  audience: string,
  issuedAt: number,
): StatedGrant | null | undefined {
  if (issuer.grantClaim === null) return null
  const value = readClaim(claims, issuer.grantClaim)
  if (value === undefined || value === null) return null
  const scopes = scopeNames(value, issuer.scopePrefix)
  return scopes && { audience, scopes: sorted(scopes), issuedAt }
}
