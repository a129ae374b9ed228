import type { ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { FeedState } from './feed-state.ts'

/** What a heartbeat tells of this node's staleness while nobody watches. Milliseconds. */
const unwatchedHeartbeatAge = 3_600_000

export interface WatchersOptions {
  /** Starts the feed that tells all watchers. `maxHeartbeatAge` in milliseconds. */
  readonly startFeed: (listener: ChangeListener, maxHeartbeatAge: number) => ChangeFeed
  /** Called when the last watcher has left and its feed is closed. */
  readonly onLastLeft: () => Promise<unknown>
}

/** Whoever watches for changes: all are told by the same feed, within the smallest bound of theirs. */
export interface Watchers {
  /** Hands on to every watcher. */
  readonly broadcast: ChangeListener
  /** The smallest bound of all watchers. Milliseconds. */
  maxHeartbeatAge(): number
  /** @param silence milliseconds without a heartbeat after which the watcher trusts nothing */
  watch(listener: ChangeListener, maxAge: number): ChangeWatch
  /** `null` while nobody watches. */
  state(): FeedState | null
}

export function createWatchers({ startFeed, onLastLeft }: WatchersOptions): Watchers {
  const watchers = new Map<ChangeListener, number>()
  const broadcast = broadcastTo(watchers)
  let feed: ChangeFeed | null = null

  const maxHeartbeatAge = () => Math.min(...watchers.values(), unwatchedHeartbeatAge)

  async function leave(listener: ChangeListener): Promise<void> {
    watchers.delete(listener)
    if (watchers.size > 0) return
    const last = feed
    feed = null
    await last?.close()
    // Another began meanwhile: the row is its too.
    if (watchers.size > 0) return
    await onLastLeft()
  }

  return {
    broadcast,
    maxHeartbeatAge,
    state: () => feed?.state() ?? null,
    watch(listener, maxAge) {
      const before = maxHeartbeatAge()
      watchers.set(listener, maxAge)
      if (feed !== null && maxHeartbeatAge() < before) {
        void feed.close()
        feed = null
      }
      feed ??= startFeed(broadcast, maxHeartbeatAge())
      return { close: () => leave(listener) }
    },
  }
}

/** A listener that hands on what it is told. */
function broadcastTo(listeners: ReadonlyMap<ChangeListener, unknown>): ChangeListener {
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
