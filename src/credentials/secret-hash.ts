import { createHmac, hash, timingSafeEqual } from 'node:crypto'

/**
 * How secrets are stored: SHA-256 of the 43-character secret, or HMAC-SHA-256 under a pepper that the
 * database does not hold. A slow password hash would add nothing: 256 random bits can't be guessed.
 */
export interface SecretHasher {
  /** 32 bytes, under the first pepper where there is one. */
  hash(secret: string): Uint8Array
  /**
   * Hashes `secret` once, and tells of each stored hash whether it is of that secret under any pepper
   * or none; the time tells nothing.
   */
  matcher(secret: string): (stored: Uint8Array) => boolean
}

const erased = new Uint8Array(32)

/**
 * @param peppers the first hashes new secrets and all verify, so a pepper is replaced by putting the
 * new one first; secrets stored without a pepper stay valid
 */
export function createSecretHasher(peppers: readonly string[] = []): SecretHasher {
  const plain = (secret: string): Buffer => hash('sha256', secret, 'buffer')
  const peppered = peppers.map(
    (pepper) => (secret: string) => createHmac('sha256', pepper).update(secret).digest(),
  )
  const all = [...peppered, plain]
  const first = all[0] ?? plain
  return {
    hash: first,
    matcher(secret) {
      const presented = all.map((hashOf) => hashOf(secret))
      return (stored) => {
        // A hash that was erased costs the same comparison, and equals none.
        const whole = stored.length === 32
        const compared = whole ? stored : erased
        let equal = false
        for (const one of presented) if (timingSafeEqual(one, compared)) equal = true
        return equal && whole
      }
    },
  }
}
