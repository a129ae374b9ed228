import { setTimeout as wait } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { RateLimitedError } from '../errors.ts'

export interface PacingOptions {
  /** The work of one request up to which its client need not wait, in milliseconds. Default 5. */
  readonly freeMs?: number
  /** The time that a client waits for each millisecond above `freeMs`, in milliseconds. Default 40. */
  readonly waitPerMs?: number
  /** The maximum wait that one request causes, in milliseconds. Default 2000. */
  readonly maxWaitPerRequestMs?: number
  /** The maximum wait of one request before it is refused, in milliseconds. Default 5000. */
  readonly maxWaitMs?: number
  /**
   * The maximum total wait of a client, however many requests ran for it at once, in milliseconds. Default
   * 60,000: no credential may block the user's other credentials for longer, and no caller those of the
   * same address.
   */
  readonly maxDebtMs?: number
  /** The maximum number of clients that are tracked; the least recently used are evicted. Default 10,000. */
  readonly maxClients?: number
  /** Returns the time of a monotonic clock, in milliseconds. Default `performance.now`. */
  readonly now?: () => number
  /** Resolves after `milliseconds`. */
  readonly sleep?: (milliseconds: number) => Promise<void>
}

/**
 * Makes a client wait that keeps the event loop busy, so that other clients are served in between. The loop
 * runs one turn at a time: the turns of one client, one after the other, would delay everyone else. The limits
 * on operations bound the length of one turn; pacing bounds the share of the time that one client takes.
 */
export interface Pacing {
  /**
   * Call this before work for `client` starts.
   *
   * @param client returns the client, or `null` if it is unknown. Unknown clients do not wait, because all
   *   of them would share one wait
   * @returns `null` if the work may start now; otherwise a promise that resolves with `null` when it may
   *   start, or with an error if the request is refused
   */
  before(client: () => string | null): Promise<RateLimitedError | null> | null
  /**
   * Records that the event loop worked `milliseconds` for a request of `client`.
   *
   * @param chargedMs the time that was recorded for the same request before, in milliseconds. Default 0
   */
  charge(client: string | null, milliseconds: number, chargedMs?: number): void
  /** Refuses, from now on, every request that would have to wait, including those that wait already. */
  shutDown(): void
}

export function createPacing(options: PacingOptions = {}): Pacing {
  const { freeMs = 5, waitPerMs = 40, maxWaitPerRequestMs = 2_000, maxWaitMs = 5_000 } = options
  const { maxDebtMs = 60_000, maxClients = 10_000 } = options
  const { now = () => performance.now(), sleep = wait } = options
  let isShuttingDown = false
  let wakeAll = () => {}
  const allWoken = new Promise<void>((resolve) => {
    wakeAll = resolve
  })
  /** The time until which each client waits, by `now`. */
  const waitUntil = new LRUCache<string, number>({ max: maxClients })

  /** Returns the wait for a request that took `milliseconds` in total, in milliseconds. */
  function waitFor(milliseconds: number): number {
    return Math.min(Math.max(0, milliseconds - freeMs) * waitPerMs, maxWaitPerRequestMs)
  }

  async function waitForTurn(client: string): Promise<RateLimitedError | null> {
    const last = now() + maxWaitMs
    for (;;) {
      // The first of several waiting requests may have caused a new wait.
      const until = waitUntil.get(client) ?? 0
      const left = until - now()
      if (left <= 0) return null
      if (until > last || isShuttingDown) {
        return new RateLimitedError(
          left / 1000,
          'Too many requests took a long time to process. Send smaller or fewer requests.',
        )
      }
      await Promise.race([sleep(left), allWoken])
    }
  }

  return {
    before(clientOf) {
      if (waitUntil.size === 0) return null
      const client = clientOf()
      if (client === null) return null
      const until = waitUntil.get(client)
      if (until === undefined) return null
      if (until > now()) return waitForTurn(client)
      waitUntil.delete(client)
      return null
    },
    charge(client, milliseconds, chargedMs = 0) {
      const more = waitFor(chargedMs + milliseconds) - waitFor(chargedMs)
      if (more <= 0 || client === null) return
      const at = now()
      const until = Math.max(at, waitUntil.get(client) ?? 0) + more
      waitUntil.set(client, Math.min(until, at + maxDebtMs))
    },
    shutDown() {
      isShuttingDown = true
      wakeAll()
    },
  }
}
