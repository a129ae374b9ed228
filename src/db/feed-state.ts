import { type Clock, elapsed, type Stamp, stampOf } from '../credentials/lease.ts'
import type { Cause } from './causes.ts'

/** The proofs that this node receives every change. */
export interface FeedState {
  /** Whether a session of its own listens on the channels, and the triggers exist. */
  readonly session: boolean
  /** Whether the node has recently received a heartbeat that it sent over a connection for lookups. */
  readonly heartbeat: boolean
  /** Whether the server that has the heartbeats of this node answered the latest lookup. */
  readonly lookup: boolean
  /** The time since the last received heartbeat was sent. Milliseconds; `null` if none was received. */
  readonly leaseAge: number | null
  /** The number of times that the listening session was reopened. */
  readonly reconnects: number
  /** The reason why a proof fails; `null` if all hold, or nothing has been tried yet. */
  readonly cause: Cause | null
}

type Proofs = Pick<FeedState, 'session' | 'heartbeat' | 'lookup'>

export function isProven({ session, heartbeat, lookup }: Proofs): boolean {
  return session && heartbeat && lookup
}

/** The last received heartbeat, and the last failure since. */
export class HeartbeatRecord {
  readonly #clock: Clock
  readonly #maxHeartbeatAge: number
  readonly #started: Stamp
  #lastReceived: Stamp | null = null
  #cause: Cause | null = null

  /** @param maxHeartbeatAge the time in milliseconds for which a received heartbeat counts */
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

  /** Discards the last received heartbeat. */
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

  /** Infers the cause if no failure was reported. */
  #inferredCause({ lookup, heartbeat }: Proofs): Cause | null {
    if (!lookup) return 'stale-server'
    return heartbeat || elapsed(this.#started, this.#clock) < this.#maxHeartbeatAge
      ? null
      : 'timeout'
  }
}
