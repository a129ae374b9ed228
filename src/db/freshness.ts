import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, elapsed, type Stamp, stampOf, systemClock } from '../credentials/lease.ts'
import type { KeyEvent, KeyEventListener, KeyEvents } from '../keys/key-events.ts'
import { within } from '../within.ts'
import { watchChanges } from './change-feed.ts'
import type { ConnectionSource } from './connection-string.ts'
import type { DirectoryQueries } from './credential-directory.ts'
import type { FeedState } from './feed-state.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createProvenLookups, type LookUp } from './lookups.ts'
import { createNodeRow } from './node-row.ts'
import type { Pool } from './pool.ts'
import type { KnownPrimary } from './proof.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'
import { createWatchers } from './watchers.ts'

/** The time limit for removing the row of the node when the last watcher has closed. Milliseconds. */
const removalTimeoutMs = 500

/** The proofs that this node receives every change; `null` while it caches nothing. */
export type FreshnessState = FeedState | null

/** The lookups of this node and its feed of changes, which its heartbeats connect. */
export interface Freshness {
  readonly nodeId: string
  readonly lookUp: LookUp<DirectoryQueries>
  /** Passes a change that this node made itself to all listeners. */
  publish(change: Change): void
  watch(listener: ChangeListener, maxHeartbeatAge: number): ChangeWatch
  readonly keyEvents: KeyEvents
  state(): FreshnessState
}

export interface FreshnessOptions {
  readonly lookups: Pool<DirectoryQueries>
  readonly primary: KnownPrimary
  readonly listenUrl: ConnectionSource
  /** The schema with the tables. Default: `latchkey`. */
  readonly schema?: SchemaNames
  readonly observer: { failed(error: unknown): void; succeeded(): void }
  readonly clock?: Clock
}

export function createFreshness(options: FreshnessOptions): Freshness {
  const {
    lookups,
    primary,
    listenUrl,
    schema = standardSchema,
    observer,
    clock = systemClock,
  } = options
  const row = createNodeRow(schema)
  let lastUnproven: Stamp | null = null
  const events = new EventListeners()

  const watchers = createWatchers({
    startFeed: (listener, maxHeartbeatAge) =>
      watchChanges({
        url: listenUrl,
        row,
        heartbeat,
        maxHeartbeatAge,
        listener,
        onKeyEvent: events.pass,
        lookupsAreProven,
        observer,
        clock,
      }),
    onLastLeft: () => within(removalTimeoutMs, heartbeat.remove()),
  })
  const { maxHeartbeatAge, broadcast } = watchers

  const heartbeat = createHeartbeat({
    run: (work, options) => lookups.run(work, options),
    row,
    primary,
    maxStaleness: maxHeartbeatAge,
    clock,
  })

  primary.onOtherHistory(broadcast.restarted)

  function onOutcome(isProven: boolean): void {
    if (isProven) return
    lastUnproven = stampOf(clock)
    broadcast.lost()
  }

  /**
   * For a while after one lookup was not proven, none counts as proven: the same URL may lead to
   * several servers.
   */
  const lookupsAreProven = () =>
    lastUnproven === null || elapsed(lastUnproven, clock) > maxHeartbeatAge()

  return {
    nodeId: row.id,
    lookUp: createProvenLookups({
      pool: lookups,
      primary,
      nodeId: row.id,
      beat: singleFlight(() => heartbeat.beat()),
      onOutcome,
    }),
    publish: broadcast.changed,
    state: watchers.state,
    watch: watchers.watch,
    keyEvents: {
      isListening: () => watchers.state()?.session === true,
      watch: (listener) =>
        events.add(listener, watchers.watch(missing(listener), maxEventSilenceMs)),
    },
  }
}

/** The listeners of events of keys, each with its watch of the feed. */
class EventListeners {
  readonly #all = new Set<KeyEventListener>()

  /** @param event `null`: events may have been missed */
  readonly pass = (event: KeyEvent | null): void => {
    for (const { happened, missed } of this.#all) {
      if (event === null) missed()
      else happened(event)
    }
  }

  add(listener: KeyEventListener, watch: ChangeWatch): ReturnType<KeyEvents['watch']> {
    this.#all.add(listener)
    return {
      close: () => {
        this.#all.delete(listener)
        return watch.close()
      },
    }
  }
}

/** The time without a heartbeat after which events count as missed, if no cache needs a shorter one. Milliseconds. */
const maxEventSilenceMs = 10_000

/** Reports interruptions of the feed to a listener of events. */
function missing({ missed }: KeyEventListener): ChangeListener {
  return { changed() {}, heartbeat() {}, restarted: missed, lost: missed }
}

/**
 * Returns a function that starts at most one call at a time. Callers that come meanwhile wait for the
 * same result.
 */
function singleFlight(start: () => Promise<unknown>): () => Promise<unknown> {
  let underWay: Promise<unknown> | null = null
  return () => {
    underWay ??= start().finally(() => {
      underWay = null
    })
    return underWay
  }
}
