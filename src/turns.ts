/**
 * The parts of one request that take long, one after the other and each in a turn of the event loop of its
 * own, so that other requests are served in between.
 */
export class Turns {
  #last: Promise<unknown> | null = null

  /** Does `part` at once where it is the first, else after the one before. */
  take<T>(part: () => Promise<T>): Promise<T> {
    const done = this.#last === null ? part() : this.#last.then(nextTurn).then(part)
    this.#last = done.catch(() => {})
    return done
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
