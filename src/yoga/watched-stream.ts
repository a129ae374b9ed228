export interface WatchedStreamOptions<End> {
  /** What the stream ends with, where it may not go on; `null`: it may. */
  readonly check: () => End | null | Promise<End | null>
  /** How often that is asked while nothing is sent. Milliseconds. */
  readonly intervalMs: number
  /** When it has to be asked next at the latest, milliseconds since the epoch; `null`: no such moment. */
  readonly expiresAt: () => number | null
  /** What the stream ends with where `check` throws. */
  readonly failed: (error: unknown) => End
}

type Next<T> = IteratorResult<T, undefined>

interface PendingRead<T> {
  resolve(next: Next<T>): void
  reject(error: unknown): void
}

/** The longest that a timer of Node can wait. */
const maxTimerMs = 2 ** 31 - 1

/**
 * The same stream, until `check` says that it may not go on: it then sends what `check` says and ends.
 * It is asked before each value is handed over, at intervals, and when something expires. It holds a
 * timer until it ends or its reader leaves; the timer does not keep the process alive.
 */
export class WatchedStream<T, End> implements AsyncIterableIterator<T | End, undefined> {
  readonly #source: AsyncIterator<T>
  readonly #options: WatchedStreamOptions<End>
  readonly #pendingReads = new Set<PendingRead<T | End>>()
  #timer: NodeJS.Timeout | undefined
  /** What is still to be sent; `null` once it was, or where the source ended by itself. */
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

  /** What follows once it is over. */
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
    // Whoever waited was answered when the stream ended meanwhile.
    if (this.#pendingReads.delete(read)) read.resolve({ done: false, value: next.value })
  }

  #broken(read: PendingRead<T | End>, error: unknown): void {
    if (this.#pendingReads.delete(read)) read.reject(error)
    this.#finish()
  }

  /** Whether it may go on; where not, it has ended. */
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
    // Not waited for: a generator answers it only once what it waits for itself has come.
    this.#source.return?.()?.catch(() => {})
  }
}
