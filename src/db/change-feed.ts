import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, elapsed, type Stamp, stampOf, systemClock } from '../credentials/lease.ts'
import type { Cause } from './causes.ts'
import { causeOfFailure } from './failures.ts'
import type { Heartbeat } from './heartbeat.ts'
import { ListeningError, type ListeningSession, openListeningSession } from './listening-session.ts'
import type { NodeRow } from './node-row.ts'

export interface ChangeFeedOptions {
  /** A direct connection to the primary. */
  readonly url: string
  readonly row: NodeRow
  readonly heartbeat: Heartbeat
  /** Without a heartbeat for that long it starts anew on a new connection. Milliseconds. */
  readonly maxSilence: number
  readonly listener: ChangeListener
  /** Whether the latest lookup was answered by the proven primary. */
  readonly lookupsAreProven: () => boolean
  /** Told of each failure of the listening session, and of each heartbeat that was heard. */
  readonly observer?: { failed(error: unknown): void; worked(): void }
  readonly clock?: Clock
}

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

export interface ChangeFeed extends ChangeWatch {
  state(): FeedState
}

/** Between two tries to connect, in milliseconds: at first, at most, and where a setting must be changed. */
const firstPause = 50
const longestPause = 500
const pauseForSettings = 5_000

const needsSettings: ReadonlySet<Cause | null> = new Set([
  'pooler',
  'change-triggers',
  'password',
  'database',
  'tls',
])

/**
 * Listens to what triggers announce of keys and users (PostgreSQL, NOTIFY), and proves that it hears it.
 *
 * Postgres delivers notifications in the order in which their transactions were committed. A heartbeat
 * is committed over a connection that looks credentials up; once the listening session hears it, it has
 * heard every change that was committed before it on the server of the lookups. Each tick the session
 * proves that it is a session of its own (see `listening-session.ts`), and each lookup proves that it
 * was answered by the server that has the heartbeats (see `proof.ts`). Without all three the listener is
 * told nothing, and trusts nothing that it remembers.
 */
export function watchChanges(options: ChangeFeedOptions): ChangeFeed {
  const { url, row, heartbeat, maxSilence, listener, lookupsAreProven, observer } = options
  const { clock = systemClock } = options
  const started = stampOf(clock)
  const interval = Math.max(Math.floor(maxSilence / 5), 20)
  /** By counter, while it is not both heard and acknowledged. */
  const beats = new Map<number, { sent: Stamp; heard: boolean; acknowledged: boolean }>()
  let closed = false
  let session: ListeningSession | null = null
  let isListening = false
  let lastHeard: Stamp | null = null
  let cause: Cause | null = null
  let reconnects = -1
  let pause = firstPause
  let retry: NodeJS.Timeout | undefined
  let beating: Promise<void> | null = null

  function start(): void {
    if (closed) return
    reconnects++
    const opened = openListeningSession({
      url,
      row,
      timeoutMs: Math.max(maxSilence, 1_000),
      clock,
      onChange: (payload) => {
        for (const change of parseChanges(payload)) listener.changed(change)
      },
      onBeat: (counter) => note(counter, 'heard'),
      mayAnswer: () => isProven(),
      onEnd: (failure) => {
        if (session === opened) over(failure)
      },
    })
    session = opened
    opened.listening.then(
      () => {
        if (session !== opened) return
        isListening = true
        // What was missed before can't be announced any more.
        listener.restarted()
        void heartbeat.sweep().catch(() => {})
        void tick()
      },
      () => {},
    )
  }

  function over(failure: unknown): void {
    session = null
    isListening = false
    lastHeard = null
    beats.clear()
    if (closed) return
    cause = causeOfFailure(failure)
    observer?.failed(failure)
    listener.lost()
    if (needsSettings.has(cause)) pause = pauseForSettings
    retry = setTimeout(start, pause)
    pause = Math.min(pause * 2, longestPause)
  }

  /** A heartbeat counts once it was heard and its commit was acknowledged, in whichever order. */
  function note(counter: number, what: 'heard' | 'acknowledged'): void {
    const beat = beats.get(counter)
    if (beat === undefined) return
    beat[what] = true
    if (!beat.heard || !beat.acknowledged) return
    for (const older of beats.keys()) {
      beats.delete(older)
      if (older === counter) break
    }
    if (!isListening || !lookupsAreProven()) return
    lastHeard = beat.sent
    cause = null
    pause = firstPause
    listener.heard(beat.sent)
    observer?.worked()
  }

  async function sendBeat(): Promise<void> {
    let own = 0
    try {
      await heartbeat.beat((counter, sent) => {
        own = counter
        beats.set(counter, { sent, heard: false, acknowledged: false })
      })
      note(own, 'acknowledged')
    } catch (error) {
      beats.delete(own)
      cause = causeOfFailure(error)
      if (cause === 'notify-queue') await heartbeat.freeQueue().catch(() => {})
    }
  }

  /** Heartbeats are committed and the session answers, but it does not hear them. */
  function endDeafSession(): void {
    const [oldest] = beats.values()
    if (!isListening || oldest === undefined || !oldest.acknowledged) return
    if (elapsed(oldest.sent, clock) > maxSilence) session?.end(new ListeningError('other-server'))
  }

  async function tick(): Promise<void> {
    session?.check()
    endDeafSession()
    beating ??= sendBeat().finally(() => {
      beating = null
    })
    await beating
  }

  function isProven(): boolean {
    const { session, heartbeat, lookup } = state()
    return session && heartbeat && lookup
  }

  function state(): FeedState {
    const leaseAge = lastHeard === null ? null : elapsed(lastHeard, clock)
    const heartbeat = leaseAge !== null && leaseAge < maxSilence
    const lookup = lookupsAreProven()
    return {
      session: isListening,
      heartbeat,
      lookup,
      leaseAge,
      reconnects: Math.max(reconnects, 0),
      cause: isListening && heartbeat && lookup ? null : (cause ?? silence(lookup, heartbeat)),
    }
  }

  /** The cause where no failure has shown one. */
  function silence(lookup: boolean, heartbeat: boolean): Cause | null {
    if (!lookup) return 'stale-server'
    return heartbeat || elapsed(started, clock) < maxSilence ? null : 'timeout'
  }

  start()
  const timer = setInterval(() => void tick(), interval)
  return {
    state,
    async close() {
      closed = true
      clearInterval(timer)
      clearTimeout(retry)
      session?.end()
    },
  }
}

/** `key <id> …`, `user <id> …` or `everything`; what is not understood may be anything. */
export function parseChanges(payload: string): readonly Change[] {
  const [kind, ...ids] = payload.split(' ')
  if ((kind === 'key' || kind === 'user') && ids.length > 0) return ids.map((id) => ({ kind, id }))
  return [{ kind: 'everything' }]
}
