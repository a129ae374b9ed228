import { type Clock, elapsed, type Stamp, stampOf } from '../credentials/lease.ts'
import type { Cause } from './causes.ts'

/** How far the proofs hold that every change reaches this node. */
export interface FeedState {
  /** A session of its own listens on the channels, and the triggers are there. */
  readonly session: boolean
  /** A heartbeat that came by a lookup's connection was heard lately. */
  readonly heartbeat: boolean
  /** The latest lookup was answered by the server that has this node's heartbeats. */
  readonly lookup: boolean
  /** Since the last heartbeat heard was sent. Milliseconds; `null`: none was heard. */
  readonly leaseAge: number | null
  /** Times that the listening session was opened anew. */
  readonly reconnects: number
  /** Why a proof fails; `null` where all hold, or nothing has been tried yet. */
  readonly cause: Cause | null
}

type Proofs = Pick<FeedState, 'session' | 'heartbeat' | 'lookup'>

export function isProven({ session, heartbeat, lookup }: Proofs): boolean {
  return session && heartbeat && lookup
}

/** When a heartbeat was heard last, and what failed since. */
export class HeartbeatRecord {
  readonly #clock: Clock
  readonly #maxHeartbeatAge: number
  readonly #started: Stamp
  #lastReceived: Stamp | null = null
  #cause: Cause | null = null

  /** @param maxHeartbeatAge milliseconds for which a heartbeat that was heard counts */
  constructor(clock: Clock, maxHeartbeatAge: number) {
    this.#clock = clock
    this.#maxHeartbeatAge = maxHeartbeatAge
    this.#started = stampOf(clock)
  }

  received(sent: Stamp): void {
    this.#lastReceived = sent
    this.#cause = null
  }

  failed(cause: Cause | null): void {
    this.#cause = cause
  }

  /** What was heard does not count any more. */
  reset(): void {
    this.#lastReceived = null
  }

  stateWith(known: Pick<FeedState, 'session' | 'lookup' | 'reconnects'>): FeedState {
    const leaseAge = this.#lastReceived === null ? null : elapsed(this.#lastReceived, this.#clock)
    const heartbeat = leaseAge !== null && leaseAge < this.#maxHeartbeatAge
    const proofs = { ...known, heartbeat }
    const cause = isProven(proofs) ? null : (this.#cause ?? this.#inferredCause(proofs))
    return { ...proofs, leaseAge, cause }
  }

  /** The cause where no failure has shown one. */
  #inferredCause({ lookup, heartbeat }: Proofs): Cause | null {
    if (!lookup) return 'stale-server'
    return heartbeat || elapsed(this.#started, this.#clock) < this.#maxHeartbeatAge
      ? null
      : 'timeout'
  }
}
