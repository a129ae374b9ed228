/**
 * Turns of the event loop for the parts of one request that take long, so that other requests are served
 * in between.
 */
export class Turns {
  #last: Promise<void> | null = null

  /**
   * When the next part may begin: at once for the first, for each other in a turn of its own after the
   * one before.
   */
  next(): Promise<void> | undefined {
    if (this.#last === null) {
      this.#last = Promise.resolve()
      return undefined
    }
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#last
  }
}
