/** This process stopped waiting for an answer of the database. */
export class DeadlineExceeded extends Error {
  readonly databaseCause = 'timeout'

  constructor(milliseconds: number) {
    super(`The database did not answer within ${milliseconds} ms.`)
    this.name = 'DeadlineExceeded'
  }
}

/**
 * A time limit for an answer. `overdue` rejects with DeadlineExceeded when the limit has passed, unless
 * it is stopped before.
 */
export interface Deadline {
  readonly overdue: Promise<never>
  stop(): void
}

/** Starts a time limit of that many milliseconds. */
export function startDeadline(milliseconds: number): Deadline {
  const { promise, reject } = withReject()
  const timer = afterInput(() => reject(new DeadlineExceeded(milliseconds)), milliseconds)
  return { overdue: promise, stop: () => clearTimeout(timer) }
}

/**
 * Calls `onTimeout` after that many milliseconds, once the data that has arrived by then was read: in a
 * busy process a timer comes before the answers that have been waiting as long as it has.
 */
function afterInput(onTimeout: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(onTimeout), milliseconds)
}

/**
 * Starts a time limit of `limit` milliseconds that passes earlier if the database stops answering
 * `ping`. `ping` is sent every `interval` milliseconds and must be answered within 400. A long list is
 * thus not taken for an outage.
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
  // It may reject when no caller waits for it any longer.
  promise.catch(() => {})
  return { promise, reject }
}
