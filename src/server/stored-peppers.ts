import { ConfigError } from '../config.ts'
import { pepperFingerprint } from '../credentials/pepper-fingerprint.ts'
import { maxCounted, type PepperStore } from '../keys/peppers.ts'

/**
 * Refuses to start if keys are stored under a pepper that is not configured: these valid keys would be
 * refused.
 *
 * @throws ConfigError with one fault for each missing pepper
 */
export async function requireStoredPeppers(
  store: Pick<PepperStore, 'findMissing'>,
  configured: readonly string[],
  now: Date,
): Promise<void> {
  const missing = await store.findMissing(configured.map(pepperFingerprint), now)
  if (missing.length === 0) return
  throw new ConfigError(
    missing.map(({ fingerprint, keys }) => ({
      variable: 'KEY_PEPPER',
      message: `lacks the pepper with fingerprint ${fingerprint}, under which ${countOf(keys)} stored; put it back into the list`,
    })),
  )
}

function countOf(keys: number): string {
  if (keys === 1) return '1 key is'
  return `${keys.toLocaleString('en')}${keys < maxCounted ? '' : ' or more'} keys are`
}
