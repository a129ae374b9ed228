import { LRUCache } from 'lru-cache'
import { InvalidCredentialError, type LatchkeyError, RateLimitedError } from '../errors.ts'
import { senderOf } from '../net/client-address.ts'

export interface FailureLimiterOptions {
  /** Refused credentials that one sender is told of within a minute; 0: no limit. */
  readonly perMinute: number
  /** Senders remembered at most, the latest ones. Default 50,000, which take about 10 MB. */
  readonly maxSenders?: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Counts the credentials refused to each sender, in memory and on this node alone. */
export interface FailureLimiter {
  /**
   * What the sender of a refused request is told: RateLimitedError when its credential was not valid and
   * too many were not before it, else `error` itself. Valid credentials are not asked about, and so
   * always pass. An unknown address (`null`) is not counted: it would be everyone's.
   */
  errorFor(error: LatchkeyError, address: string | null): LatchkeyError
}

interface Count {
  /** When the sender's current minute began. */
  since: number
  refused: number
}

const minute = 60_000

/*
 * On a cache with a bound, since the libraries for it (rate-limiter-flexible, express-rate-limit) keep
 * every address that ever came in memory, the first with a timer each: a flood from many addresses is
 * what this must stand. They also answer by a promise, which would cost each refusal a turn.
 */

export function createFailureLimiter(options: FailureLimiterOptions): FailureLimiter {
  const { perMinute, maxSenders = 50_000, now } = options
  const counts = new LRUCache<string, Count>({ max: maxSenders })

  return {
    errorFor(error, address) {
      if (perMinute === 0 || address === null || !(error instanceof InvalidCredentialError)) {
        return error
      }
      const at = now()
      const sender = senderOf(address)
      const count = counts.get(sender)
      if (count === undefined || at >= count.since + minute || at < count.since) {
        counts.set(sender, { since: at, refused: 1 })
        return error
      }
      count.refused += 1
      if (count.refused <= perMinute) return error
      return new RateLimitedError(
        (count.since + minute - at) / 1000,
        'Too many credentials from this address were not valid. Try again later.',
      )
    },
  }
}
