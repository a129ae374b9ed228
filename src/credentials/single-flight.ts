import type { Clock } from './lease.ts'

interface Flight<T> {
  readonly answer: Promise<T>
  /** By the monotonic clock. */
  readonly started: number
}

/** Lets those who ask for the same thing at the same time share one answer. */
export class SingleFlight<T> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #maxAge: number
  readonly #underWay = new Map<string, Flight<T>>()

  /** @param maxAge no one joins a flight that started longer ago. Milliseconds */
  constructor(clock: Pick<Clock, 'monotonic'>, maxAge: number) {
    this.#clock = clock
    this.#maxAge = maxAge
  }

  run(key: string, start: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic()
    const shared = this.#underWay.get(key)
    if (shared !== undefined && now - shared.started < this.#maxAge) return shared.answer
    const flight = { answer: start(), started: now }
    const over = () => {
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key)
    }
    flight.answer.then(over, over)
    this.#underWay.set(key, flight)
    return flight.answer
  }

  /** From now on no one joins what is under way: it may answer from before something changed. */
  forgetAll(): void {
    this.#underWay.clear()
  }
}
