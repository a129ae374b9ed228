import { type CryptoKey, compactVerify, errors } from 'jose'
import { ServiceUnavailableError } from '../errors.ts'
import { canonicalAlgorithm, type JwsAlgorithm } from '../jwks/algorithms.ts'
import { KeyCache, type KeyTiming } from '../jwks/key-cache.ts'
import { fetchKeys } from './fetch-keys.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'
import { readJws } from './jws.ts'
import type { JwtRefusal, JwtVerification, JwtVerifier } from './jwt.ts'
import { checkClaims } from './jwt-claims.ts'
import { describeRefusedJwt } from './refused-jwt.ts'

export interface JwtVerifierOptions {
  /** The issuers whose tokens are accepted. */
  readonly issuers: readonly ResolvedIssuer[]
  /** The times of the key caches. Default: `defaultKeyTiming`. */
  readonly keyTiming?: Partial<KeyTiming>
  /**
   * Returns the time that the age of keys is measured by, in milliseconds. Default: the time since the start,
   * by the faster of two clocks, so that a clock set back or a suspended machine keeps no old keys in use.
   */
  readonly clock?: () => number
  /** Returns a number from 0 to less than 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number
  /** Called when the keys of an issuer cannot be fetched, and for each unusable key. Default: ignored. */
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
 * Creates a verifier of the JWTs (RFC 7519, RFC 8725, RFC 9068) of several issuers. All checks that need no key
 * come first, and keys are fetched only for a configured issuer: a token cannot cause a fetch from any other
 * URL.
 *
 * @throws Error when two of the issuers have the same name
 */
export function createJwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const issuers = trustedIssuers(options)
  return {
    async verify(token, now) {
      const jws = readJws(token)
      if (typeof jws === 'string') return { ok: false, reason: jws }
      const { algorithm, keyId, type, claims } = jws
      const header = { alg: algorithm, kid: keyId, typ: type }
      const refuse = (
        reason: JwtRefusal,
        claim: string | null,
        expected?: Iterable<string>,
      ): JwtVerification => ({
        ok: false,
        reason,
        refused: describeRefusedJwt(claims, { claim, header, ...(expected && { expected }) }),
      })

      const issuer = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined
      if (issuer === undefined) return refuse('unknown-issuer', 'iss', issuers.keys())
      if (!issuer.algorithms.has(canonicalAlgorithm(algorithm))) {
        return refuse('algorithm', 'alg', issuer.algorithms)
      }
      const jwt = checkClaims({ claims, type, issuer, now: now / 1000 })
      if ('reason' in jwt) {
        const { reason, claim } = jwt
        return refuse(reason, claim, reason === 'audience' ? issuer.audiences : undefined)
      }

      const keys = await issuer.keys.find(algorithm, keyId)
      if (keys.length === 0) return refuse('unknown-key', 'kid')
      for (const key of keys) {
        if (await isSignedBy(key, token, algorithm)) return { ok: true, jwt }
      }
      return refuse('signature', null)
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

/** Whether the token has a valid signature of `key`. Any other error of jose means that it has none. */
export async function isSignedBy(
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
