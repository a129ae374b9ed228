import { isObject } from '../json.ts'
import type { Credential, Principal } from '../principal.ts'

/** The longest lifetime of an identity token. Seconds. */
const longestLifetime = 60
/** The time by which the clock of this machine may be behind. Seconds. */
const clockBehind = 60

const kinds = ['API_KEY', 'JWT', 'SESSION'] as const

type Claims = Readonly<Record<string, unknown>>

/**
 * Returns the principal that the claims of an identity token describe, or `null` if they are not valid
 * for that issuer and audience. The signature was verified before.
 *
 * @param now seconds since the epoch
 */
export function principalOfClaims(
  claims: Claims,
  { issuer, audience, tolerance }: { issuer: string; audience: string; tolerance: number },
  now: number,
): Principal | null {
  const { iss, aud, iat, exp, sub, sub_id: subjectId, user_id: userId, scope } = claims
  if (iss !== issuer || aud !== audience) return null
  if (!isNumber(iat) || !isNumber(exp) || exp - iat > longestLifetime) return null
  if (exp + tolerance <= now || iat - clockBehind > now) return null
  if (!isText(sub) || !isText(userId) || typeof scope !== 'string') return null
  if (!isObject(subjectId) || subjectId.format !== 'iss_sub' || subjectId.sub !== sub) return null
  if (!isText(subjectId.iss)) return null
  const scopes = scope === '' ? [] : scope.split(' ')
  const credential = credentialOf(claims, subjectId.iss, scopes, exp)
  if (credential === null) return null
  return { issuer: subjectId.iss, subject: sub, userId, scopes: new Set(scopes), credential }
}

/**
 * The credential, as far as a backend knows it: its scopes are the effective ones, and it expires with
 * the token.
 */
function credentialOf(
  { act }: Claims,
  issuer: string,
  scopes: readonly string[],
  exp: number,
): Credential | null {
  if (!isObject(act)) return null
  const kind = kinds.find((known) => known === act.kind)
  if (kind === undefined) return null
  return {
    kind,
    id: isText(act.sub) ? act.sub : null,
    name: isText(act.name) ? act.name : null,
    issuer: kind === 'API_KEY' ? null : issuer,
    scopes,
    expiresAt: new Date(exp * 1000),
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
