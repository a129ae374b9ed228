import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { noPepper, pepperFingerprint } from './pepper-fingerprint.ts'

/**
 * Hashes secrets for storage: SHA-256 of the 43-character secret, or HMAC-SHA-256 under a pepper, which is not
 * in the database. A slow password hash is not needed, because 256 random bits cannot be guessed.
 */
export interface SecretHasher {
  /** The fingerprint of the first pepper, which `hash` uses; {@link noPepper} if there is none. */
  readonly pepper: string
  /** Returns the hash of `secret`, 32 bytes, under the first pepper if there is one. */
  hash(secret: string): Uint8Array
  /**
   * Hashes `secret` under every pepper and without one. The returned function finds the pepper of a stored hash
   * and returns its fingerprint; `null`: the hash is of another secret. It takes constant time.
   */
  matcher(secret: string): (stored: Uint8Array) => string | null
  /**
   * Whether a secret should be hashed again: peppers are configured, and its hash is not under the first one
   * or is stored without the fingerprint of that pepper.
   *
   * @param matched the result of the matcher for the hash
   * @param stored the fingerprint that is stored with the hash; `null`: unknown
   */
  isOutdated(matched: string, stored: string | null): boolean
  /** Whether the pepper with the fingerprint `stored` is not configured. `null` (unknown): `false`. */
  lacks(stored: string | null): boolean
}

const erased = new Uint8Array(32)

/**
 * @param peppers the first one hashes new secrets and all of them verify, so a pepper is replaced by adding the
 *   new one in front; secrets that are stored without a pepper stay valid
 */
export function createSecretHasher(peppers: readonly string[] = []): SecretHasher {
  const plain = (secret: string): Buffer => hash('sha256', secret, 'buffer')
  const peppered = peppers.map((pepper) => ({
    fingerprint: pepperFingerprint(pepper),
    hashOf: (secret: string) => createHmac('sha256', pepper).update(secret).digest(),
  }))
  const all = [...peppered, { fingerprint: noPepper, hashOf: plain }]
  const known = new Set(all.map(({ fingerprint }) => fingerprint))
  const { fingerprint: pepper, hashOf: first } = all[0] ?? { fingerprint: noPepper, hashOf: plain }
  return {
    pepper,
    hash: first,
    matcher(secret) {
      const presented = all.map(({ fingerprint, hashOf }) => ({
        fingerprint,
        hash: hashOf(secret),
      }))
      return (stored) => {
        // An erased hash takes the same comparison and matches no secret.
        const whole = stored.length === 32
        const compared = whole ? stored : erased
        let match: string | null = null
        for (const { fingerprint, hash } of presented) {
          if (timingSafeEqual(hash, compared)) match = fingerprint
        }
        return whole ? match : null
      }
    },
    isOutdated: (matched, stored) =>
      peppers.length > 0 && !(matched === pepper && stored === pepper),
    lacks: (stored) => stored !== null && !known.has(stored),
  }
}
