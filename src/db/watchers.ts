import type { ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { FeedState } from './feed-state.ts'

/** The staleness bound that a heartbeat states while there is no watcher. Milliseconds. */
const unwatchedHeartbeatAge = 3_600_000

export interface WatchersOptions {
  /** Starts the feed of all watchers. `maxHeartbeatAge` in milliseconds. */
  readonly startFeed: (listener: ChangeListener, maxHeartbeatAge: number) => ChangeFeed
  /** Called when the last watcher has closed and its feed is closed. */
  readonly onLastLeft: () => Promise<unknown>
}

/** The watchers of changes. They share one feed, which uses the smallest of their bounds. */
export interface Watchers {
  /** Passes each call on to every watcher. */
  readonly broadcast: ChangeListener
  /** Returns the smallest bound of all watchers. Milliseconds. */
  maxHeartbeatAge(): number
  /**
   * @param maxAge the time in milliseconds without a heartbeat after which the watcher trusts nothing
   */
  watch(listener: ChangeListener, maxAge: number): ChangeWatch
  /** Returns the state of the feed; `null` while there is no watcher. */
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
    // Another watcher has begun meanwhile and needs the row too.
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

/** A listener that passes each call on to all listeners. */
function broadcastTo(listeners: ReadonlyMap<ChangeListener, unknown>): ChangeListener {
  return {
    changed: (change) => {
      for (const listener of listeners.keys()) listener.changed(change)
    },
    heartbeat: (sent) => {
      for (const listener of listeners.keys()) listener.heartbeat(sent)
    },
    restarted: () => {
      for (const listener of listeners.keys()) listener.restarted()
    },
    lost: () => {
      for (const listener of listeners.keys()) listener.lost()
    },
  }
}
