import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, elapsed, systemClock } from '../credentials/lease.ts'
import { type KeyChangeKind, type KeyEvent, keyChangeKinds } from '../keys/key-events.ts'
import type { ConnectionSource } from './connection-string.ts'
import { causeOfFailure } from './failures.ts'
import { type FeedState, HeartbeatRecord, isProven } from './feed-state.ts'
import type { Heartbeat } from './heartbeat.ts'
import { createRoundTrips } from './heartbeat-round-trips.ts'
import { ListeningError } from './listening-session.ts'
import type { NodeRow } from './node-row.ts'
import { openReconnectingSession } from './reconnecting-session.ts'

export interface ChangeFeedOptions {
  /** A direct connection to the primary. */
  readonly url: ConnectionSource
  readonly row: NodeRow
  readonly heartbeat: Heartbeat
  /**
   * The longest time without a heartbeat, in milliseconds. After it the feed opens a new connection.
   */
  readonly maxHeartbeatAge: number
  readonly listener: ChangeListener
  /** Called with each event of a key; `null`: too many changed to list them. */
  readonly onKeyEvent: (event: KeyEvent | null) => void
  /** Returns whether the proven primary answered the latest lookup. */
  readonly lookupsAreProven: () => boolean
  /** Called at each failure of the listening session, and at each heartbeat that the node receives. */
  readonly observer?: { failed(error: unknown): void; succeeded(): void }
  readonly clock?: Clock
}

export interface ChangeFeed extends ChangeWatch {
  state(): FeedState
}

/**
 * Receives the notifications that triggers send about changes of keys and users (PostgreSQL, NOTIFY),
 * and proves that it receives them.
 *
 * PostgreSQL delivers notifications in the order in which their transactions were committed. The node
 * commits a heartbeat over a connection that looks up credentials. When the listening session receives
 * the heartbeat, it has received every change that was committed before it on the server of the
 * lookups. At each tick the session proves that it is a session of its own (see
 * `listening-session.ts`), and each lookup proves that the server that has the heartbeats answered it
 * (see `proof.ts`). If any of the three proofs is missing, the feed reports no heartbeat to the
 * listener, which then uses none of its cached entries.
 */
export function watchChanges(options: ChangeFeedOptions): ChangeFeed {
  const { url, row, heartbeat, maxHeartbeatAge, listener, lookupsAreProven, observer } = options
  const { clock = systemClock } = options
  const record = new HeartbeatRecord(clock, maxHeartbeatAge)

  const roundTrips = createRoundTrips({
    heartbeat,
    onReturn: (sent) => {
      if (!session.isListening || !lookupsAreProven()) return
      record.received(sent)
      session.succeeded()
      listener.heartbeat(sent)
      observer?.succeeded()
    },
    onFailure: async (error) => {
      const cause = causeOfFailure(error)
      record.failed(cause)
      if (cause === 'notify-queue') await heartbeat.freeQueue().catch(() => {})
    },
  })

  const session = openReconnectingSession({
    url,
    row,
    timeoutMs: Math.max(maxHeartbeatAge, 1_000),
    clock,
    onChange: (payload) => {
      for (const change of parseChanges(payload)) listener.changed(change)
    },
    onKeyEvent: (payload) => options.onKeyEvent(parseKeyEvent(payload)),
    onBeat: roundTrips.received,
    mayAnswer: () => isProven(state()),
    onListening: () => {
      listener.restarted()
      void heartbeat.sweep().catch(() => {})
      void tick()
    },
    onLost: (failure, cause) => {
      reset()
      record.failed(cause)
      observer?.failed(failure)
      listener.lost()
    },
  })

  function reset(): void {
    record.reset()
    roundTrips.reset()
  }

  async function tick(): Promise<void> {
    session.check()
    const { unreceivedSince } = roundTrips
    // Heartbeats are committed and the session answers, but it does not receive them.
    if (
      session.isListening &&
      unreceivedSince &&
      elapsed(unreceivedSince, clock) > maxHeartbeatAge
    ) {
      session.end(new ListeningError('other-server'))
    }
    await roundTrips.send()
  }

  function state(): FeedState {
    const { isListening, reconnects } = session
    return record.stateWith({ session: isListening, lookup: lookupsAreProven(), reconnects })
  }

  const timer = setInterval(() => void tick(), Math.max(Math.floor(maxHeartbeatAge / 5), 20))
  timer.unref()
  return {
    state,
    async close() {
      clearInterval(timer)
      session.close()
      reset()
    },
  }
}

/** Parses `key <id> …`, `user <id> …` or `everything`. Any other payload counts as `everything`. */
function parseChanges(payload: string): readonly Change[] {
  const [kind, ...ids] = payload.split(' ')
  if ((kind === 'key' || kind === 'user') && ids.length > 0) return ids.map((id) => ({ kind, id }))
  return [{ kind: 'everything' }]
}

/** Parses `<owner> <kind> <id>`. Returns `null` for any other payload, such as `everything`. */
function parseKeyEvent(payload: string): KeyEvent | null {
  const [ownerId, kind, keyId] = payload.split(' ')
  if (ownerId === undefined || keyId === undefined || !isKind(kind)) return null
  return { ownerId, kind, keyId }
}

function isKind(text: string | undefined): text is KeyChangeKind {
  return keyChangeKinds.some((kind) => kind === text)
}
