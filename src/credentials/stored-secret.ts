import { ServiceUnavailableError } from '../errors.ts'
import type { KeyForVerification, Rehash } from './directory.ts'
import type { SecretHasher } from './secret-hash.ts'

/** Which peppers made the stored hashes of a secret, by fingerprint; `null`: it is another secret. */
export interface SecretMatch {
  readonly current: string | null
  readonly previous: string | null
}

/** Compared against where no key was found, as where one was. */
const noHash = new Uint8Array(32)

/** Compares with both hashes whatever is found, and with as many where there is no key. */
export function matchSecret(
  hasher: SecretHasher,
  key: KeyForVerification | null,
  secret: string,
): SecretMatch {
  const matches = hasher.matcher(secret)
  return {
    current: matches(key?.secretHash ?? noHash),
    previous: matches(key?.previousSecretHash ?? noHash),
  }
}

/**
 * For a secret that did not match.
 *
 * @param now milliseconds since the epoch
 * @throws ServiceUnavailableError where it may be right, since a pepper of the key is not configured
 */
export function requirePeppers(hasher: SecretHasher, key: KeyForVerification, now: number): void {
  const inGrace = (key.previousExpiresAt?.getTime() ?? 0) > now
  const stored = [key.secretPepper, inGrace ? key.previousSecretPepper : null]
  const missing = stored.find((pepper) => hasher.lacks(pepper ?? null))
  if (missing == null) return
  throw new ServiceUnavailableError({
    reason: `no pepper ${missing}`,
    cause: new Error(`No pepper with fingerprint ${missing} is configured (KEY_PEPPER).`),
  })
}

/** What brings a secret that matched under the first pepper; `null` where it is. */
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
