import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, elapsed, type Stamp, stampOf, systemClock } from '../credentials/lease.ts'
import { within } from '../within.ts'
import { type ChangeFeed, type FeedState, watchChanges } from './change-feed.ts'
import type { DirectoryQueries } from './credential-directory.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createProvenLookups, type LookUp } from './lookups.ts'
import { createNodeRow } from './node-row.ts'
import type { Pool } from './pool.ts'
import type { KnownPrimary } from './proof.ts'

/** For the node's row to be removed when nobody watches any more. Milliseconds. */
const leaveTime = 500

/** How far it is proven that changes reach this node; `null` while nothing is remembered. */
export type FreshnessState = FeedState | null

/** This node's lookups and what it hears of changes, joined by its heartbeats. */
export interface Freshness {
  readonly nodeId: string
  readonly lookUp: LookUp<DirectoryQueries>
  /** Tells all listeners of a change that this node made itself. */
  tell(change: Change): void
  watch(listener: ChangeListener, maxSilence: number): ChangeWatch
  state(): FreshnessState
}

export interface FreshnessOptions {
  readonly lookups: Pool<DirectoryQueries>
  readonly primary: KnownPrimary
  readonly listenUrl: string
  readonly observer: { failed(error: unknown): void; worked(): void }
  readonly clock?: Clock
}

export function createFreshness(options: FreshnessOptions): Freshness {
  const { lookups, primary, listenUrl, observer, clock = systemClock } = options
  const row = createNodeRow()
  const watchers = new Map<ChangeListener, number>()
  let feed: ChangeFeed | null = null
  let lastUnproven: Stamp | null = null

  /** The smallest bound of all watchers. Milliseconds. */
  const maxSilence = () => Math.min(...watchers.values(), 3_600_000)
  const heartbeat = createHeartbeat({
    run: (work, options) => lookups.run(work, options),
    row,
    primary,
    maxStaleness: maxSilence,
    clock,
  })

  const everyone = tellAll(watchers)

  primary.onOtherHistory(everyone.restarted)

  function onOutcome(isProven: boolean): void {
    if (isProven) return
    lastUnproven = stampOf(clock)
    everyone.lost()
  }

  let beating: Promise<unknown> | null = null
  /** Of many lookups that need one at the same time, one sends it. */
  const sharedBeat = () => {
    beating ??= heartbeat.beat().finally(() => {
      beating = null
    })
    return beating
  }

  /** For a while after one was not, none is taken to be: the way there may lead here and there. */
  const lookupsAreProven = () =>
    lastUnproven === null || elapsed(lastUnproven, clock) > maxSilence()

  const follow = () =>
    watchChanges({
      url: listenUrl,
      row,
      heartbeat,
      maxSilence: maxSilence(),
      listener: everyone,
      lookupsAreProven,
      observer,
      clock,
    })

  return {
    nodeId: row.id,
    lookUp: createProvenLookups({
      pool: lookups,
      primary,
      nodeId: row.id,
      beat: sharedBeat,
      onOutcome,
    }),
    tell: everyone.changed,
    state: () => feed?.state() ?? null,
    watch(listener, silence) {
      const before = maxSilence()
      watchers.set(listener, silence)
      if (feed !== null && maxSilence() < before) {
        void feed.close()
        feed = null
      }
      feed ??= follow()
      return {
        async close() {
          watchers.delete(listener)
          if (watchers.size > 0) return
          const last = feed
          feed = null
          await last?.close()
          // Another began meanwhile: the row is its too.
          if (watchers.size > 0) return
          await within(leaveTime, heartbeat.remove())
        },
      }
    },
  }
}

/** A listener that hands on what it is told. */
function tellAll(listeners: ReadonlyMap<ChangeListener, unknown>): ChangeListener {
  return {
    changed: (change) => {
      for (const listener of listeners.keys()) listener.changed(change)
    },
    heard: (sent) => {
      for (const listener of listeners.keys()) listener.heard(sent)
    },
    restarted: () => {
      for (const listener of listeners.keys()) listener.restarted()
    },
    lost: () => {
      for (const listener of listeners.keys()) listener.lost()
    },
  }
}
