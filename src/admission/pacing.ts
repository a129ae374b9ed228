import { setTimeout as wait } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { RateLimitedError } from '../errors.ts'

export interface PacingOptions {
  /** Milliseconds of one turn of the event loop that cost a client nothing. Default 5. */
  readonly freeMs?: number
  /** How long a client waits for each millisecond beyond. Default 20. */
  readonly waitPerMs?: number
  /** Milliseconds that one turn may have its client wait at most. Default 1000. */
  readonly maxWaitPerTurnMs?: number
  /** Milliseconds that a request may wait before it is refused. Default 5000. */
  readonly maxWaitMs?: number
  /**
   * Milliseconds that a client waits at most, whatever ran for it at once. Default 60,000: one credential of
   * a user must not shut out the others for longer, nor one caller those of the same address.
   */
  readonly maxDebtMs?: number
  /** Clients remembered at most, the latest ones. Default 10,000. */
  readonly maxClients?: number
  /** Milliseconds, monotonic. Default `performance.now`. */
  readonly now?: () => number
  /** Resolves after so many milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<void>
}

/**
 * Has a client wait that keeps the event loop busy, so that others are served in between. The loop runs one
 * turn at a time: a client whose requests take long turns, one after the other, would delay everyone
 * else's. The limits on operations bound one turn; this bounds how often one client causes long ones.
 */
export interface Pacing {
  /**
   * To be asked before work for `client` begins.
   *
   * @param client `null` where it is not known: it does not wait, since it would wait for everyone
   * @returns `null` where it may begin at once; else resolves when it may, or with why it is refused
   */
  before(client: () => string | null): Promise<RateLimitedError | null> | null
  /** Tells that a turn of so many milliseconds was for `client`. */
  charge(client: string | null, milliseconds: number): void
  /** From here on nothing waits: who would is refused, also who waits already. */
  shutDown(): void
}

export function createPacing(options: PacingOptions = {}): Pacing {
  const { freeMs = 5, waitPerMs = 20, maxWaitPerTurnMs = 1_000, maxWaitMs = 5_000 } = options
  const { maxDebtMs = 60_000, maxClients = 10_000 } = options
  const { now = () => performance.now(), sleep = wait } = options
  let isShuttingDown = false
  let wakeAll = () => {}
  const allWoken = new Promise<void>((resolve) => {
    wakeAll = resolve
  })
  /** Until when each client waits. */
  const waitUntil = new LRUCache<string, number>({ max: maxClients })

  async function waitForTurn(client: string): Promise<RateLimitedError | null> {
    const last = now() + maxWaitMs
    for (;;) {
      // Of those who waited the first may have had the client wait again.
      const until = waitUntil.get(client) ?? 0
      const left = until - now()
      if (left <= 0) return null
      if (until > last || isShuttingDown) {
        return new RateLimitedError(
          left / 1000,
          'Requests that take long came too often. Ask for less, or less often.',
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
    charge(client, milliseconds) {
      if (milliseconds <= freeMs || client === null) return
      const more = Math.min((milliseconds - freeMs) * waitPerMs, maxWaitPerTurnMs)
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
