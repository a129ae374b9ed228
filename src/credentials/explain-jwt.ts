import { canonicalAlgorithm } from '../jwks/algorithms.ts'
import { keysFor } from '../jwks/key-set.ts'
import { type Claims, readClaim } from './claims.ts'
import { fetchKeys } from './fetch-keys.ts'
import { type ResolvedIssuer, resolveIssuer } from './issuer-settings.ts'
import { type Jws, readJws } from './jws.ts'
import type { JwtRefusal } from './jwt.ts'
import { checkClaims, claimChecks } from './jwt-claims.ts'
import { isSignedBy } from './jwt-verifier.ts'

/** The result of one check of a token. */
export interface ExplainedCheck {
  /** The claim, the parameter of the header, `form` or `signature`. */
  readonly check: string
  /** `null`: not checked. */
  readonly ok: boolean | null
  /** The value in the token, and the expected one if the check failed. */
  readonly detail: string
  /** The reason of the refusal, if the check failed. */
  readonly reason?: JwtRefusal
}

export interface JwtExplanation {
  readonly checks: readonly ExplainedCheck[]
  /** Whether the token is accepted; `null`: not every check was made. */
  readonly accepted: boolean | null
  /** The user and the scopes, if the token is not refused. `scopes` `null`: the grant of the user decides. */
  readonly issuer?: string
  readonly subject?: string
  readonly scopes?: readonly string[] | null
}

export interface ExplainOptions {
  /** The configured issuers; `null`: the issuer, the audience and the signature are not checked. */
  readonly issuers: readonly ResolvedIssuer[] | null
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The maximum duration of the fetch of keys, in milliseconds. Default 5000. */
  readonly timeoutMs?: number
}

/** Makes every check of a token, also those after a failed one, and explains the results. */
export async function explainJwt(token: string, options: ExplainOptions): Promise<JwtExplanation> {
  const jws = readJws(token)
  if (typeof jws === 'string') {
    const detail = `${token.length} characters: ${formHints[jws] ?? 'not a signed JWT'}`
    return { checks: [{ check: 'form', ok: false, detail, reason: jws }], accepted: false }
  }
  const form: ExplainedCheck = {
    check: 'form',
    ok: true,
    detail: `a signed JWT of ${token.length} characters`,
  }
  const { issuers } = options
  const configured = issuers?.find(({ names }) => names.includes(String(jws.claims.iss)))
  const issuer = configured ?? anyIssuer(jws.claims)
  const now = options.now / 1000
  const checks = [
    form,
    issuerCheck(jws, issuers),
    ...claimResults(jws, issuer, now, configured !== undefined),
    await signatureCheck(token, jws, configured, options.timeoutMs ?? 5_000),
  ]
  const accepted = checks.some(({ ok }) => ok === false)
    ? false
    : checks.every(({ ok }) => ok === true) || null
  const jwt = checkClaims({ claims: jws.claims, type: jws.type, issuer, now })
  if (accepted === false || 'reason' in jwt) return { checks, accepted }
  const { subject, scopes } = jwt
  const { iss } = jws.claims
  const name = configured?.issuer ?? (typeof iss === 'string' ? iss : '')
  return { checks, accepted, issuer: name, subject, scopes }
}

const formHints: Partial<Record<JwtRefusal, string>> = {
  'not-a-jws': 'a JWT has three parts in base64url, separated by dots',
  'too-long': 'more than a request can carry',
  header: 'its header is not valid, or uses an extension that is not supported',
  algorithm: 'its `alg` is not an asymmetric algorithm of RFC 7518 or RFC 8037',
  signature: 'its signature has the wrong length for its `alg`',
  claims: 'its claims are not a JSON object, or one of them is there twice',
}

/** Returns settings for checks that do not depend on the issuer. */
function anyIssuer({ aud }: Claims): ResolvedIssuer {
  const [first] = [aud].flat()
  const audience = typeof first === 'string' && first.trim() !== '' && !first.includes(',')
  return resolveIssuer({
    issuer: 'https://issuer.invalid',
    audience: audience ? (first as string) : 'none',
  })
}

function issuerCheck({ claims }: Jws, issuers: ExplainOptions['issuers']): ExplainedCheck {
  const iss = shown(claims.iss)
  if (issuers === null) return { check: 'iss', ok: null, detail: iss }
  if (issuers.some(({ names }) => typeof claims.iss === 'string' && names.includes(claims.iss))) {
    return { check: 'iss', ok: true, detail: iss }
  }
  const names = issuers.flatMap((issuer) => issuer.names).map(shown)
  const detail = `${iss}; the configured issuers are ${names.join(', ') || 'none'}`
  return { check: 'iss', ok: false, detail, reason: 'unknown-issuer' }
}

/** A check may throw for a claim of another type, which an earlier check refuses; here it is made anyway. */
function holdsSafely(holds: () => boolean): boolean {
  try {
    return holds()
  } catch {
    return false
  }
}

/** Returns one result for each claim: its first failed check, or that it is valid. */
function claimResults(
  { claims, type, algorithm }: Jws,
  issuer: ResolvedIssuer,
  now: number,
  isConfigured: boolean,
): readonly ExplainedCheck[] {
  const results = new Map<string, ExplainedCheck>()
  const isAllowed = issuer.algorithms.has(canonicalAlgorithm(algorithm))
  const accepted = `${algorithm}; accepted: ${[...issuer.algorithms].join(', ')}`
  results.set(
    'alg',
    isAllowed
      ? { check: 'alg', ok: true, detail: algorithm }
      : { check: 'alg', ok: false, detail: accepted, reason: 'algorithm' },
  )
  for (const { claim, reason, holds } of claimChecks) {
    const check = claim(issuer)
    if (results.get(check)?.ok === false) continue
    const isMade = isConfigured || check !== issuer.preset.audienceClaim
    const ok = isMade ? holdsSafely(() => holds({ claims, type, issuer, now })) : null
    const value = valueText(check, claims, type, now)
    if (value === null && ok !== false) continue
    const failure = ok === false ? `; ${hintOf(reason, issuer)}` : ''
    const detail = `${value ?? 'missing'}${failure}`
    results.set(check, { check, ok, detail, ...(ok === false && { reason }) })
  }
  return [...results.values()]
}

/** Returns the text of the claims that a check names, or `null` if the token has none of them. */
function valueText(check: string, claims: Claims, type: string | null, now: number): string | null {
  const found = check.split(', ').flatMap((name) => {
    const value =
      name === 'typ' ? (type ?? claims[name]) : readClaim(claims, [[name], name.split('.')])
    if (value === undefined || value === null) return []
    const time = ['exp', 'iat', 'nbf'].includes(name) ? ` (${age(value, now)})` : ''
    return [`${name === check ? '' : `${name} `}${shown(value)}${time}`]
  })
  return found.length === 0 ? null : found.join(', ')
}

function age(time: unknown, now: number): string {
  if (typeof time !== 'number' || !(Math.abs(time) < 8.64e12)) return 'not a time in seconds'
  const seconds = Math.round(time - now)
  const distance = seconds > 0 ? `in ${seconds} s` : `${-seconds} s ago`
  return `${new Date(time * 1000).toISOString()}, ${distance}`
}

function hintOf(reason: JwtRefusal, issuer: ResolvedIssuer): string {
  switch (reason) {
    case 'type':
      return 'the token is not an access token for APIs (see docs/credentials.md)'
    case 'anonymous-user':
      return 'the user has not signed in (allowAnonymousUsers accepts such users)'
    case 'audience':
      return `the configured audiences are ${issuer.audiences.map(shown).join(', ')}`
    case 'expired':
      return 'the token has expired'
    case 'not-yet-valid':
      return 'the token is not valid yet'
    case 'issued-in-the-future':
      return 'the token was issued in the future: compare the clocks'
    case 'too-old':
      return `the token is older than maxTokenAgeSeconds (${issuer.maxTokenAgeSeconds})`
    case 'lifetime':
      return `the token lives longer than maxTokenAgeSeconds (${issuer.maxTokenAgeSeconds})`
    default:
      return 'the claim is missing or not valid'
  }
}

async function signatureCheck(
  token: string,
  { algorithm, keyId }: Jws,
  issuer: ResolvedIssuer | undefined,
  timeoutMs: number,
): Promise<ExplainedCheck> {
  const check = 'signature'
  const key = keyId === null ? 'no key id' : `key ${shown(keyId)}`
  if (issuer === undefined) return { check, ok: null, detail: key }
  try {
    const { keys } = await fetchKeys(issuer, AbortSignal.timeout(timeoutMs))
    const usable = keysFor(keys, algorithm, keyId)
    if (usable.length === 0) {
      const published = keys.map(({ id }) => shown(id)).join(', ') || 'none'
      const detail = `${key} is not among the keys of the issuer for ${algorithm}: ${published}`
      return { check, ok: false, detail, reason: 'unknown-key' }
    }
    for (const one of usable) {
      if (await isSignedBy(one, token, algorithm)) return { check, ok: true, detail: key }
    }
    return { check, ok: false, detail: `${key} has not signed this token`, reason: 'signature' }
  } catch (error) {
    const reason = messagesOf(error).join(': ')
    return { check, ok: null, detail: `${key}; the keys of the issuer are not known: ${reason}` }
  }
}

/** Returns the messages of an error and of its causes, such as a host that does not exist. */
function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  return [error.message, ...messagesOf(error.cause)].filter((message) => message !== '')
}

const maxLength = 300

/** Returns a value as JSON, shortened. Characters that a terminal would obey are escaped. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'missing').replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}
