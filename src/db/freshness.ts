import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, elapsed, type Stamp, stampOf, systemClock } from '../credentials/lease.ts'
import { within } from '../within.ts'
import { watchChanges } from './change-feed.ts'
import type { DirectoryQueries } from './credential-directory.ts'
import type { FeedState } from './feed-state.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createProvenLookups, type LookUp } from './lookups.ts'
import { createNodeRow } from './node-row.ts'
import type { Pool } from './pool.ts'
import type { KnownPrimary } from './proof.ts'
import { createWatchers } from './watchers.ts'

/** For the node's row to be removed when nobody watches any more. Milliseconds. */
const removalTimeoutMs = 500

/** How far it is proven that changes reach this node; `null` while nothing is remembered. */
export type FreshnessState = FeedState | null

/** This node's lookups and what it hears of changes, joined by its heartbeats. */
export interface Freshness {
  readonly nodeId: string
  readonly lookUp: LookUp<DirectoryQueries>
  /** Tells all listeners of a change that this node made itself. */
  publish(change: Change): void
  watch(listener: ChangeListener, maxHeartbeatAge: number): ChangeWatch
  state(): FreshnessState
}

export interface FreshnessOptions {
  readonly lookups: Pool<DirectoryQueries>
  readonly primary: KnownPrimary
  readonly listenUrl: string
  readonly observer: { failed(error: unknown): void; succeeded(): void }
  readonly clock?: Clock
}

export function createFreshness(options: FreshnessOptions): Freshness {
  const { lookups, primary, listenUrl, observer, clock = systemClock } = options
  const row = createNodeRow()
  let lastUnproven: Stamp | null = null

  const watchers = createWatchers({
    startFeed: (listener, maxHeartbeatAge) =>
      watchChanges({
        url: listenUrl,
        row,
        heartbeat,
        maxHeartbeatAge,
        listener,
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

  /** For a while after one was not, none is taken to be: the way there may lead here and there. */
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
  }
}

/** Of many callers at the same time, one starts it, and the others wait for the same. */
function singleFlight(start: () => Promise<unknown>): () => Promise<unknown> {
  let underWay: Promise<unknown> | null = null
  return () => {
    underWay ??= start().finally(() => {
      underWay = null
    })
    return underWay
  }
}
