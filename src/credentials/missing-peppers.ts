import type { CredentialDirectory, MissingPepper } from './directory.ts'

export interface PepperCheckOptions {
  readonly peppers: readonly string[]
  /** Called if peppers are missing. Default: a warning of the process. */
  readonly onMissing?: (missing: readonly MissingPepper[]) => void
  /** Called when the directory cannot be reached. Default: the error is ignored. */
  readonly onError?: (error: unknown) => void
}

/**
 * Checks once, in the background, whether keys are stored under peppers that are not configured. Each use of
 * such a key is answered with 503, which does not state the cause.
 *
 * @returns a function that ends the check: no callback is called after it
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
    `API keys are stored under peppers that are not in keyPeppers, and are answered with 503. Add the peppers with these fingerprints: ${counted.join(', ')}.`,
    { type: 'LatchkeyWarning', code: 'LATCHKEY_MISSING_PEPPER' },
  )
}
