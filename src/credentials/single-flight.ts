import type { Clock } from './lease.ts'

interface Flight<T> {
  readonly answer: Promise<T>
  /** The time of the start, by the monotonic clock. */
  readonly started: number
}

/** Lets simultaneous calls with the same key share one result. */
export class SingleFlight<T> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #maxAge: number
  readonly #underWay = new Map<string, Flight<T>>()

  /** @param maxAge a call does not join a flight that started earlier than this. Milliseconds */
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

  /** Lets no further call join a flight under way, because its result may be older than a change. */
  forgetAll(): void {
    this.#underWay.clear()
  }
}
