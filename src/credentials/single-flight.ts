/** Lets those who ask for the same thing at the same time share one answer. */
export class SingleFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>()

  run(key: string, start: () => Promise<T>): Promise<T> {
    const shared = this.#underWay.get(key)
    if (shared !== undefined) return shared
    const flight = start()
    const over = () => {
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key)
    }
    flight.then(over, over)
    this.#underWay.set(key, flight)
    return flight
  }

  /** From now on no one joins what is under way: it may answer from before something changed. */
  separate(): void {
    this.#underWay.clear()
  }
}
