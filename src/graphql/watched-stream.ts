export interface WatchedStreamOptions<End> {
  /** Returns the last value of the stream if it must end; `null`: it may continue. */
  readonly check: () => End | null | Promise<End | null>
  /** The interval between checks while nothing is sent, in milliseconds. */
  readonly intervalMs: number
  /**
   * Returns the time by which the next check must run, in milliseconds since the epoch; `null`: no such time.
   */
  readonly expiresAt: () => number | null
  /** Returns the last value of the stream if `check` throws. */
  readonly failed: (error: unknown) => End
}

type Next<T> = IteratorResult<T, undefined>

interface PendingRead<T> {
  resolve(next: Next<T>): void
  reject(error: unknown): void
}

/** The maximum delay of a Node timer, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1

/**
 * Passes on a stream until `check` returns a last value: it then sends that value and ends. `check` runs
 * before each value is passed on, at intervals, and at `expiresAt`. The stream has a timer until it ends or
 * its reader stops; the timer does not keep the process alive.
 */
export class WatchedStream<T, End> implements AsyncIterableIterator<T | End, undefined> {
  readonly #source: AsyncIterator<T>
  readonly #options: WatchedStreamOptions<End>
  readonly #pendingReads = new Set<PendingRead<T | End>>()
  #timer: NodeJS.Timeout | undefined
  /** The last value, which is still to be sent; `null` if it was sent, or the source ended by itself. */
  #end: End | null = null
  #over = false

  constructor(source: AsyncIterable<T>, options: WatchedStreamOptions<End>) {
    this.#source = source[Symbol.asyncIterator]()
    this.#options = options
    this.#schedule()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next<T | End>> {
    if (this.#over) return Promise.resolve(this.#last())
    return new Promise((resolve, reject) => {
      const read = { resolve, reject }
      this.#pendingReads.add(read)
      this.#source.next().then(
        (next) => this.#received(read, next),
        (error: unknown) => this.#broken(read, error),
      )
    })
  }

  async return(): Promise<Next<T | End>> {
    this.#finish()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<Next<T | End>> {
    this.#finish()
    throw error
  }

  /** Returns the result of a read after the end of the stream. */
  #last(): Next<T | End> {
    const end = this.#end
    this.#end = null
    return end === null ? { done: true, value: undefined } : { done: false, value: end }
  }

  async #received(read: PendingRead<T | End>, next: IteratorResult<T>): Promise<void> {
    if (next.done) {
      this.#finish()
      return
    }
    const allowed = this.#check()
    if (!(allowed === true || (allowed !== false && (await allowed)))) return
    // If the stream ended meanwhile, `#finish` has already resolved the read.
    if (this.#pendingReads.delete(read)) read.resolve({ done: false, value: next.value })
  }

  #broken(read: PendingRead<T | End>, error: unknown): void {
    if (this.#pendingReads.delete(read)) read.reject(error)
    this.#finish()
  }

  /** Runs `check`. Returns whether the stream may continue; if not, the stream has ended. */
  #check(): boolean | Promise<boolean> {
    const proceed = (end: End | null): boolean => {
      if (this.#over) return false
      if (end === null) return true
      this.#finish(end)
      return false
    }
    const fail = (error: unknown) => proceed(this.#options.failed(error))
    try {
      const answer = this.#options.check()
      return answer instanceof Promise ? answer.then(proceed, fail) : proceed(answer)
    } catch (error) {
      return fail(error)
    }
  }

  #schedule(): void {
    if (this.#over) return
    const { intervalMs, expiresAt } = this.#options
    const left = (expiresAt() ?? Number.POSITIVE_INFINITY) - Date.now()
    const delay = Math.min(left > 0 ? left : intervalMs, intervalMs, maxTimerMs)
    this.#timer = setTimeout(() => void this.#tick(), delay).unref()
  }

  async #tick(): Promise<void> {
    if (await this.#check()) this.#schedule()
  }

  #finish(end: End | null = null): void {
    if (this.#over) return
    this.#over = true
    this.#end = end
    clearTimeout(this.#timer)
    for (const read of this.#pendingReads) read.resolve(this.#last())
    this.#pendingReads.clear()
    // Not awaited: a generator settles `return` only after the promise that it awaits itself.
    this.#source.return?.()?.catch(() => {})
  }
}
