import { ServiceUnavailableError } from '../errors.ts'
import { describeCause } from './causes.ts'
import { causeOfFailure } from './failures.ts'

/**
 * Returns the error of a start whose message says why the database is unreachable: a start has no caller to whom that
 * could disclose something. Any other error is returned unchanged.
 *
 * @param start the function that starts, such as `createApp`
 */
export function startFailure(error: unknown, start: string): unknown {
  const cause = causeOfFailure(error)
  if (!(error instanceof ServiceUnavailableError) || cause === null) return error
  const message = `${start}: ${describeCause(cause)}`
  return new ServiceUnavailableError({ message, cause: error.cause, reason: cause })
}
