import type { Stamp } from '../credentials/lease.ts'
import type { Heartbeat } from './heartbeat.ts'

export interface RoundTripOptions {
  readonly heartbeat: Pick<Heartbeat, 'beat'>
  /** Called when a heartbeat was received and its commit was acknowledged, in either order. */
  readonly onReturn: (sent: Stamp) => void
  /**
   * Called when it is not known whether a heartbeat was committed. The next one is sent when the
   * returned promise has settled.
   */
  readonly onFailure: (error: unknown) => Promise<void>
}

/** The heartbeats on their way from a connection for lookups to the listening session. */
export interface HeartbeatRoundTrips {
  /** Sends a heartbeat unless one is being sent. */
  send(): Promise<void>
  received(counter: number): void
  /**
   * The time at which the oldest pending heartbeat was sent, if it was committed and not received;
   * otherwise `null`.
   */
  readonly unreceivedSince: Stamp | null
  /** Discards all pending heartbeats. */
  reset(): void
}

export function createRoundTrips(options: RoundTripOptions): HeartbeatRoundTrips {
  const { heartbeat, onReturn, onFailure } = options
  /** Pending heartbeats by counter, in the order in which they were sent. */
  const underWay = new Map<number, { sent: Stamp; received: boolean; acknowledged: boolean }>()
  let sending: Promise<void> | null = null

  function mark(counter: number, what: 'received' | 'acknowledged'): void {
    const trip = underWay.get(counter)
    if (trip === undefined) return
    trip[what] = true
    if (!trip.received || !trip.acknowledged) return
    for (const older of underWay.keys()) {
      underWay.delete(older)
      if (older === counter) break
    }
    onReturn(trip.sent)
  }

  async function sendOne(): Promise<void> {
    let own = 0
    try {
      await heartbeat.beat((counter, sent) => {
        own = counter
        underWay.set(counter, { sent, received: false, acknowledged: false })
      })
      mark(own, 'acknowledged')
    } catch (error) {
      underWay.delete(own)
      await onFailure(error)
    }
  }

  return {
    async send() {
      sending ??= sendOne().finally(() => {
        sending = null
      })
      await sending
    },
    received: (counter) => mark(counter, 'received'),
    get unreceivedSince() {
      const [oldest] = underWay.values()
      return oldest?.acknowledged ? oldest.sent : null
    },
    reset: () => underWay.clear(),
  }
}
