import { isTooLate } from './failures.ts'

/** The time that a start waits for a slow database, in milliseconds. */
const timeoutMs = 10_000

export interface FirstAnswerOptions {
  /** Ends the waiting: the failure is then thrown. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** Called when the first answer is late. Default: no call. */
  readonly onWaiting?: () => void
}

/**
 * Runs the first queries of a start, and repeats them for up to 10 seconds if only their time limits have passed.
 * The limits are short so that an outage is noticed soon; on a busy machine, the first connections take longer.
 *
 * @param work only reads
 * @throws the error of `work`: at once if the database refuses the connection
 */
export async function firstAnswer<T>(
  work: () => Promise<T>,
  { signal, onWaiting = () => {} }: FirstAnswerOptions = {},
): Promise<T> {
  const until = performance.now() + timeoutMs
  for (let attempts = 1; ; attempts++) {
    try {
      return await work()
    } catch (error) {
      if (!isTooLate(error) || signal?.aborted || performance.now() >= until) throw error
      if (attempts === 1) onWaiting()
    }
  }
}
