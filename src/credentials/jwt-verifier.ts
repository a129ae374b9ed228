import { type CryptoKey, compactVerify, errors } from 'jose'
import { ServiceUnavailableError } from '../errors.ts'
import { canonicalAlgorithm, type JwsAlgorithm } from '../jwks/algorithms.ts'
import { KeyCache, type KeyTiming } from '../jwks/key-cache.ts'
import { fetchKeys } from './fetch-keys.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'
import { readJws } from './jws.ts'
import type { JwtRefusal, JwtVerification, JwtVerifier } from './jwt.ts'
import { checkClaims } from './jwt-claims.ts'

export interface JwtVerifierOptions {
  /** Whose tokens are taken; none: no token is. */
  readonly issuers: readonly ResolvedIssuer[]
  /** When keys are fetched. What is left out is as in `defaultKeyTiming`. */
  readonly keyTiming?: Partial<KeyTiming>
  /**
   * Milliseconds, for the age of fetched keys. Default: since the start, by the clock that says more, so
   * that neither a clock set back nor a machine put to sleep keeps old keys in use.
   */
  readonly clock?: () => number
  /** At least 0 and less than 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number
  /** Told when an issuer's keys cannot be fetched, and of keys unfit for use. Default: not told. */
  readonly onKeyProblem?: (issuer: string, error: Error) => void
}

interface TrustedIssuer extends ResolvedIssuer {
  readonly keys: KeyCache
}

export const defaultKeyTiming: KeyTiming = {
  freshFor: 10 * 60_000,
  freshAtLeast: 60_000,
  freshAtMost: 60 * 60_000,
  staleFor: 60 * 60_000,
  unknownKeyCooldown: 30_000,
  timeout: 5_000,
  backoff: 1_000,
  backoffAtMost: 60_000,
}

/**
 * Verifies JWTs (RFC 7519, RFC 8725, RFC 9068) of any of several issuers. What can be refused by
 * looking at the token is refused before any key is asked for, and the issuer is known before anything
 * is fetched: no token can make this fetch from a place that the configuration does not name.
 *
 * @throws Error when two of the issuers have the same name
 */
export function createJwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const issuers = trustedIssuers(options)
  return {
    async verify(token, now) {
      const jws = readJws(token)
      if (typeof jws === 'string') return refused(jws)
      const { algorithm, keyId, type, claims } = jws

      const issuer = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined
      if (issuer === undefined) return refused('unknown-issuer')
      if (!issuer.algorithms.has(canonicalAlgorithm(algorithm))) return refused('algorithm')
      const jwt = checkClaims(claims, type, issuer, now)
      if (typeof jwt === 'string') return refused(jwt)

      const keys = await issuer.keys.find(algorithm, keyId)
      if (keys.length === 0) return refused('unknown-key')
      for (const key of keys) {
        if (await isSignedBy(key, token, algorithm)) return { ok: true, jwt }
      }
      return refused('signature')
    },
  }
}

function trustedIssuers(options: JwtVerifierOptions): ReadonlyMap<string, TrustedIssuer> {
  const timing = { ...defaultKeyTiming, ...options.keyTiming }
  const clock = options.clock ?? sinceStart
  const random = options.random ?? Math.random
  const byName = new Map<string, TrustedIssuer>()
  for (const issuer of options.issuers) {
    const keys = new KeyCache({
      fetchKeys: (signal) => fetchKeys(issuer, signal),
      timing,
      clock,
      random,
      onProblem: (error) => options.onKeyProblem?.(issuer.issuer, error),
      unavailable: (retryAfterSeconds, cause) =>
        new ServiceUnavailableError({ retryAfterSeconds, cause, reason: 'issuer-keys' }),
    })
    for (const name of issuer.names) {
      if (byName.has(name)) throw new Error(`The JWT issuer ${name} is configured twice.`)
      byName.set(name, { ...issuer, keys })
    }
  }
  return byName
}

/** Whether the private half of `key` signed the token. What jose refuses of a token is no signature. */
async function isSignedBy(
  key: CryptoKey,
  token: string,
  algorithm: JwsAlgorithm,
): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

function sinceStart(): number {
  return Math.max(performance.now(), Date.now() - performance.timeOrigin)
}

function refused(reason: JwtRefusal): JwtVerification {
  return { ok: false, reason }
}
