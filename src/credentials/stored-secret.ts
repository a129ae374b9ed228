import { ServiceUnavailableError } from '../errors.ts'
import type { KeyForVerification, Rehash } from './directory.ts'
import type { SecretHasher } from './secret-hash.ts'

/** The fingerprints of the peppers of both stored hashes; `null`: the hash is of another secret. */
export interface SecretMatch {
  readonly current: string | null
  readonly previous: string | null
}

/** Takes the place of a stored hash if there is none, so that the comparison takes the same time. */
const placeholderHash = new Uint8Array(32)

/** Compares `secret` with both stored hashes. It takes the same time if there is no key. */
export function matchSecret(
  hasher: SecretHasher,
  key: KeyForVerification | null,
  secret: string,
): SecretMatch {
  const matches = hasher.matcher(secret)
  return {
    current: matches(key?.secretHash ?? placeholderHash),
    previous: matches(key?.previousSecretHash ?? placeholderHash),
  }
}

/**
 * Checks whether a secret that did not match could be verified at all.
 *
 * @param now milliseconds since the epoch
 * @throws ServiceUnavailableError when a pepper of the key is not configured, so that the secret may be right
 */
export function requirePeppers(hasher: SecretHasher, key: KeyForVerification, now: number): void {
  const inGrace = (key.previousExpiresAt?.getTime() ?? 0) > now
  const stored = [key.secretPepper, inGrace ? key.previousSecretPepper : null]
  const missing = stored.find((pepper) => hasher.lacks(pepper ?? null))
  if (missing == null) return
  throw new ServiceUnavailableError({
    reason: `no pepper ${missing}`,
    cause: new Error(
      `The pepper with the fingerprint ${missing} is not configured. Add it to KEY_PEPPER.`,
    ),
  })
}

/** Returns the rehash of a matched secret under the first pepper; `null`: it is not needed. */
export function rehashOf(
  hasher: SecretHasher,
  key: KeyForVerification,
  secret: string,
  { current, previous }: SecretMatch,
): Rehash | null {
  const [matched, stored = null, from] =
    current !== null
      ? [current, key.secretPepper, key.secretHash]
      : [previous, key.previousSecretPepper, key.previousSecretHash]
  if (matched === null || from === null || !hasher.isOutdated(matched, stored)) return null
  return { keyId: key.id, from, to: hasher.hash(secret), pepper: hasher.pepper }
}
