/**
 * Runs the long parts of a request one after another, each in its own turn of the event loop, so that other
 * requests are served in between.
 */
export class Turns {
  /** Called with the duration of work that is not timed otherwise, in milliseconds. */
  readonly onTurn: (milliseconds: number) => void
  #last: Promise<unknown> | null = null

  constructor(onTurn: (milliseconds: number) => void = () => {}) {
    this.onTurn = onTurn
  }

  /** Runs the first part at once, and each further part after the one before it. */
  take<T>(part: () => Promise<T>): Promise<T> {
    const done = this.#last === null ? part() : this.#last.then(nextTurn).then(part)
    this.#last = done.catch(() => {})
    return done
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
