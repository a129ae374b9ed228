/** Two clocks in milliseconds: a monotonic one, which may stop while the machine sleeps, and the wall clock. */
export interface Clock {
  monotonic(): number
  wall(): number
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
}

/** A time by both clocks. */
export interface Stamp {
  readonly monotonic: number
  readonly wall: number
}

export function stampOf(clock: Clock): Stamp {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}

/**
 * Returns the milliseconds since `stamp`: the larger value of the two clocks, so that neither a suspended
 * machine nor a wall clock set back makes it too small.
 */
export function elapsed(stamp: Stamp, clock: Clock): number {
  return elapsedAt(stamp, clock.monotonic(), clock.wall())
}

function elapsedAt(stamp: Stamp, monotonic: number, wall: number): number {
  return Math.max(monotonic - stamp.monotonic, wall - stamp.wall)
}

/**
 * The lease under which cached entries may be used. A heartbeat proves that every change that was committed
 * before it was sent has been received, so entries are at most as old as the last heartbeat. The lease ends
 * when that is older than `duration`. It is checked on each use, so it has ended for a process that was paused
 * too long.
 */
export class Lease {
  readonly #clock: Clock
  readonly #duration: number
  #lastHeartbeat: Stamp | null = null

  /** @param duration milliseconds */
  constructor(clock: Clock, duration: number) {
    this.#clock = clock
    this.#duration = duration
  }

  get valid(): boolean {
    return this.validAt(this.#clock.monotonic(), this.#clock.wall())
  }

  /** Whether the lease is valid at a time that the caller has read from both clocks. */
  validAt(monotonic: number, wall: number): boolean {
    return (
      this.#lastHeartbeat !== null &&
      elapsedAt(this.#lastHeartbeat, monotonic, wall) < this.#duration
    )
  }

  /** Extends the lease by a heartbeat that was sent at `sent`. An older one than the last changes nothing. */
  extend(sent: Stamp): void {
    if (this.#lastHeartbeat === null || sent.monotonic > this.#lastHeartbeat.monotonic)
      this.#lastHeartbeat = sent
  }

  end(): void {
    this.#lastHeartbeat = null
  }
}
