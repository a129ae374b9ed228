import { lastInstant } from '../last-date.ts'
import { sorted } from '../scopes.ts'
import { isSubject } from '../users/identity.ts'
import { isVisibleAscii } from '../visible-ascii.ts'
import { type Claims, readClaim, scopeNames } from './claims.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'
import type { JwtRefusal, VerifiedJwt } from './jwt.ts'

/** A later date is a mistake, such as a time in milliseconds. Seconds since the epoch. */
const lastSecond = Math.floor(lastInstant / 1000)

/** The claims of a token and the settings that they are checked against. */
export interface ClaimContext {
  readonly claims: Claims
  /** `typ` of the header, in lower case and without `application/`. */
  readonly type: string | null
  readonly issuer: ResolvedIssuer
  /** The time of the check, in seconds since the epoch. */
  readonly now: number
}

/** A check of one claim, or of `typ` of the header. */
export interface ClaimCheck {
  /** Returns the name of the claim, for the log. */
  readonly claim: (issuer: ResolvedIssuer) => string
  /** The reason of the refusal if the check fails. */
  readonly reason: JwtRefusal
  readonly holds: (context: ClaimContext) => boolean
}

export interface ClaimRefusal {
  readonly reason: JwtRefusal
  /** The name of the claim that failed. */
  readonly claim: string
}

/**
 * The checks of the claims of a token (RFC 7519 §4.1, RFC 9068 §4), in their order. A check relies on those
 * before it.
 *
 * The first ones decide whether the token may be an access token (RFC 8725 §3.11, §3.12), by `typ`, by claims
 * that mark an ID token, and by that of a security event such as a logout token (RFC 8417 §2.2). A token that is
 * bound to a key of its sender (`cnf`, RFC 9449 and RFC 8705) is refused too: as a bearer token it would lose
 * that protection.
 */
export const claimChecks: readonly ClaimCheck[] = [
  check('events', 'type', ({ claims }) => claims.events === undefined),
  check('cnf', 'type', ({ claims }) => claims.cnf === undefined),
  {
    claim: ({ preset }) => preset.kindClaim,
    reason: 'type',
    holds: ({ claims, issuer }) => issuer.preset.isForApis(claims),
  },
  check('typ', 'type', ({ type, issuer }) =>
    issuer.requireAccessTokenType
      ? type === accessTokenType
      : type === null || type === 'jwt' || type === accessTokenType,
  ),
  ...['nonce', 'at_hash', 'c_hash'].map((name) =>
    check(
      name,
      'type',
      ({ claims, type, issuer }) =>
        type === accessTokenType ||
        !issuer.preset.idTokenClaims.includes(name) ||
        claims[name] === undefined,
    ),
  ),
  {
    claim: ({ preset }) => preset.anonymousClaim,
    reason: 'anonymous-user',
    holds: ({ claims, issuer }) => issuer.allowAnonymousUsers || !issuer.preset.isAnonymous(claims),
  },
  check('sub', 'claims', ({ claims: { sub } }) => typeof sub === 'string' && isSubject(sub)),
  check('exp', 'claims', ({ claims }) => isDate(claims.exp)),
  check('iat', 'claims', ({ claims }) => isDate(claims.iat)),
  check('nbf', 'claims', ({ claims: { nbf } }) => nbf === undefined || isDate(nbf)),
  check('jti', 'claims', ({ claims: { jti } }) => jti === undefined || typeof jti === 'string'),
  check(
    'iat',
    'issued-in-the-future',
    ({ claims, issuer, now }) => !(Number(claims.iat) > now + issuer.clockToleranceSeconds),
  ),
  check(
    'nbf',
    'not-yet-valid',
    ({ claims, issuer, now }) => !(Number(claims.nbf) > now + issuer.clockToleranceSeconds),
  ),
  check('exp', 'expired', (context) => !(expiryOf(context) <= context.now)),
  check('iat', 'too-old', ({ claims, issuer, now }) => {
    const { maxTokenAgeSeconds: longest, clockToleranceSeconds: tolerance } = issuer
    return longest === null || !(now - Number(claims.iat) > longest + tolerance)
  }),
  check('exp', 'lifetime', ({ claims, issuer: { maxTokenAgeSeconds: longest } }) => {
    return longest === null || !(Number(claims.exp) - Number(claims.iat) > longest)
  }),
  {
    claim: ({ preset }) => preset.audienceClaim,
    reason: 'audience',
    holds: ({ claims, issuer }) => audiencesOf(claims, issuer).length > 0,
  },
  {
    claim: ({ grantClaim }) => grantClaim?.[0]?.join('.') ?? 'scope',
    reason: 'claims',
    holds: ({ claims, issuer }) => readGrant(claims, issuer) !== undefined,
  },
]

function check(claim: string, reason: JwtRefusal, holds: ClaimCheck['holds']): ClaimCheck {
  return { claim: () => claim, reason, holds }
}

const accessTokenType = 'at+jwt'

/** Checks the claims of a token before the signature, whose verification takes longer. */
export function checkClaims(context: ClaimContext): VerifiedJwt | ClaimRefusal {
  const { claims, issuer } = context
  for (const { claim, reason, holds } of claimChecks) {
    if (!holds(context)) return { reason, claim: claim(issuer) }
  }
  const { jti } = claims
  const audiences = audiencesOf(claims, issuer)
  const [audience = ''] = audiences
  const issuedAt = Math.floor(Number(claims.iat))
  const granted = readGrant(claims, issuer) ?? null
  return {
    issuer: issuer.issuer,
    subject: String(claims.sub),
    scopes: readScopes(claims, issuer, audiences),
    grant: granted && { audience, scopes: granted, issuedAt },
    issuedAt,
    expiresAt: Math.floor(expiryOf(context)),
    // The id goes to headers and logs only. One with other characters is left out.
    id: typeof jti === 'string' && isVisibleAscii(jti, 255) ? jti : null,
  }
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond
}

function expiryOf({ claims, issuer }: ClaimContext): number {
  return Number(claims.exp) + issuer.expiryToleranceSeconds
}

/** Returns the configured audiences that the token names, in their order. */
function audiencesOf(claims: Claims, issuer: ResolvedIssuer): readonly string[] {
  const { preset, audiences, allowMissingAzp } = issuer
  const named = preset.audienceOf(claims)
  if (named === undefined && allowMissingAzp) return audiences.slice(0, 1)
  if (typeof named === 'string') return audiences.filter((audience) => audience === named)
  if (!Array.isArray(named) || !named.every((name) => typeof name === 'string')) return []
  return audiences.filter((audience) => named.includes(audience))
}

/** Returns `null` if the grant of the user decides. */
function readScopes(
  claims: Claims,
  { scopeClaims, encodedScopes, scopesFrom, scopePrefix }: ResolvedIssuer,
  audiences: readonly string[],
): readonly string[] | null {
  const stated = [
    ...scopeClaims(audiences).map((path) => readClaim(claims, path)),
    encodedScopes(claims),
  ].filter((value) => value !== undefined)
  if (stated.length === 0 && scopesFrom === 'grant') return null
  return sorted(stated.flatMap((value) => scopeNames(value, scopePrefix) ?? []))
}

/** Returns `null` if the token states no grant, and `undefined` if it states one that is not valid. */
function readGrant(
  claims: Claims,
  { grantClaim, scopePrefix }: ResolvedIssuer,
): readonly string[] | null | undefined {
  if (grantClaim === null) return null
  const value = readClaim(claims, grantClaim)
  if (value === undefined || value === null) return null
  const scopes = scopeNames(value, scopePrefix)
  return scopes && sorted(scopes)
}
