/** Two clocks, in milliseconds: one that only grows but may stand still with the machine, and the world's. */
export interface Clock {
  monotonic(): number
  wall(): number
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
}

/** A moment by both clocks. */
export interface Stamp {
  readonly monotonic: number
  readonly wall: number
}

export function stampOf(clock: Clock): Stamp {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}

/**
 * How long ago `stamp` was: the larger of what the two clocks say, so that neither a suspended machine
 * nor a wall clock set back makes anything look younger than it is.
 */
export function elapsed(stamp: Stamp, clock: Clock): number {
  return elapsedAt(stamp, clock.monotonic(), clock.wall())
}

function elapsedAt(stamp: Stamp, monotonic: number, wall: number): number {
  return Math.max(monotonic - stamp.monotonic, wall - stamp.wall)
}

/**
 * For how long what was read before may be trusted. Every change that was committed before `heardOf`
 * was sent is known here, so a trusted fact is at most as old as that; the lease ends when that gets
 * older than `duration`. It is looked at on every use: a process that was paused finds it over.
 */
export class Lease {
  readonly #clock: Clock
  readonly #duration: number
  #since: Stamp | null = null

  /** @param duration milliseconds */
  constructor(clock: Clock, duration: number) {
    this.#clock = clock
    this.#duration = duration
  }

  get valid(): boolean {
    return this.validAt(this.#clock.monotonic(), this.#clock.wall())
  }

  /** The same, for whoever has just read both clocks. */
  validAt(monotonic: number, wall: number): boolean {
    return this.#since !== null && elapsedAt(this.#since, monotonic, wall) < this.#duration
  }

  /** A heartbeat sent at `sent` was heard. One that is older than the last heard changes nothing. */
  extend(sent: Stamp): void {
    if (this.#since === null || sent.monotonic > this.#since.monotonic) this.#since = sent
  }

  end(): void {
    this.#since = null
  }
}
