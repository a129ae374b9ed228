/** The time for an answer ran out on our side of the connection. */
export class DeadlineExceeded extends Error {
  readonly databaseCause = 'timeout'

  constructor(milliseconds: number) {
    super(`The database did not answer within ${milliseconds} ms.`)
    this.name = 'DeadlineExceeded'
  }
}

/** Rejects with DeadlineExceeded when an answer is overdue, until it is stopped. */
export interface Deadline {
  readonly overdue: Promise<never>
  stop(): void
}

/** An answer is overdue after so many milliseconds. */
export function startDeadline(milliseconds: number): Deadline {
  const { promise, reject } = withReject()
  const timer = afterInput(() => reject(new DeadlineExceeded(milliseconds)), milliseconds)
  return { overdue: promise, stop: () => clearTimeout(timer) }
}

/**
 * Calls `late` after so many milliseconds, once what has arrived by then was read: in a busy process a
 * timer comes before the answers that have been waiting for as long as it has.
 */
function afterInput(onTimeout: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(onTimeout), milliseconds)
}

/**
 * An answer may take up to `limit` milliseconds while the database answers `ping`, which is asked
 * every `interval` milliseconds and has 400 for it: a long list is no outage.
 */
export function startDeadlineUnlessAlive(
  ping: () => Promise<void>,
  interval: number,
  limit: number,
): Deadline {
  const { promise, reject } = withReject()
  const started = performance.now()
  let timer = setTimeout(check, interval)
  let stopped = false

  async function check() {
    if (performance.now() - started >= limit) return reject(new DeadlineExceeded(limit))
    const alive = startDeadline(400)
    try {
      await Promise.race([ping(), alive.overdue])
    } catch {
      return reject(new DeadlineExceeded(interval))
    } finally {
      alive.stop()
    }
    if (!stopped) timer = setTimeout(check, interval)
  }
  const stop = () => {
    stopped = true
    clearTimeout(timer)
  }
  return { overdue: promise, stop }
}

function withReject(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => {}
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise
  })
  // Nobody may be listening any more when it is overdue.
  promise.catch(() => {})
  return { promise, reject }
}
