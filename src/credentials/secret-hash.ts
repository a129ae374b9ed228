import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { noPepper, pepperFingerprint } from './pepper-fingerprint.ts'

/**
 * How secrets are stored: SHA-256 of the 43-character secret, or HMAC-SHA-256 under a pepper that the
 * database does not hold. A slow password hash would add nothing: 256 random bits can't be guessed.
 */
export interface SecretHasher {
  /** Fingerprint of the pepper that `hash` uses, the first; {@link noPepper} where there is none. */
  readonly pepper: string
  /** 32 bytes, under the first pepper where there is one. */
  hash(secret: string): Uint8Array
  /**
   * Hashes `secret` once under every pepper and none, and tells of each stored hash which of them made
   * it, by fingerprint; `null`: none of them. The time tells nothing.
   */
  matcher(secret: string): (stored: Uint8Array) => string | null
  /**
   * Whether a secret should be hashed again: peppers are configured, and its hash is not under the first
   * or is not stored with that one's fingerprint.
   *
   * @param matched what the matcher said of the hash
   * @param stored the fingerprint stored with it; `null`: unknown
   */
  isOutdated(matched: string, stored: string | null): boolean
  /** Whether no secret can be verified that is stored under that fingerprint. `null` (unknown): no. */
  lacks(stored: string | null): boolean
}

const erased = new Uint8Array(32)

/**
 * @param peppers the first hashes new secrets and all verify, so a pepper is replaced by putting the
 * new one first; secrets stored without a pepper stay valid
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
        // A hash that was erased costs the same comparison, and equals none.
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
