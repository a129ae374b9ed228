import type { CredentialDirectory, MissingPepper } from './directory.ts'

export interface PepperCheckOptions {
  readonly peppers: readonly string[]
  /** Called where some are missing. Default: a warning of the process. */
  readonly onMissing?: (missing: readonly MissingPepper[]) => void
  /** Called when the directory could not be asked. */
  readonly onError?: (error: unknown) => void
}

/**
 * Asks once, in the background, whether keys are stored under a pepper that is not configured: each use
 * of such a key is answered as an outage, which tells nobody why.
 *
 * @returns a function that ends it: nothing is called any more
 */
export function checkPeppers(directory: CredentialDirectory, options: PepperCheckOptions) {
  const { peppers, onMissing = warn, onError } = options
  let ended = false
  directory.findMissingPeppers?.(peppers).then(
    (missing) => {
      if (!ended && missing.length > 0) onMissing(missing)
    },
    (error: unknown) => {
      if (!ended) onError?.(error)
    },
  )
  return () => {
    ended = true
  }
}

function warn(missing: readonly MissingPepper[]): void {
  const counted = missing.map(
    ({ fingerprint, keys }) => `${fingerprint} (${keys} ${keys === 1 ? 'key' : 'keys'})`,
  )
  process.emitWarning(
    `API keys are stored under peppers that keyPeppers lacks, and are answered 503: ${counted.join(', ')}.`,
    { type: 'LatchkeyWarning', code: 'LATCHKEY_MISSING_PEPPER' },
  )
}
