import { LRUCache } from 'lru-cache'
import { InvalidCredentialError, type LatchkeyError, RateLimitedError } from '../errors.ts'
import { senderOf } from '../net/client-address.ts'

export interface FailureLimiterOptions {
  /** The number of refused credentials that one sender may send in a minute before 429; 0: no limit. */
  readonly perMinute: number
  /**
   * The maximum number of senders that are counted; the least recently used are evicted. Default 50,000,
   * about 10 MB.
   */
  readonly maxSenders?: number
  /** Returns milliseconds since the epoch. */
  readonly now: () => number
}

/** Counts the credentials refused to each sender, in memory and on this node alone. */
export interface FailureLimiter {
  /**
   * Returns the error for the sender of a refused request: RateLimitedError if too many of its credentials
   * were invalid within the minute, otherwise `error`. Call this only for refused requests, so that valid
   * credentials always pass. An unknown address (`null`) is not counted: all senders would share it.
   */
  errorFor(error: LatchkeyError, address: string | null): LatchkeyError
}

interface Count {
  /** Start of the sender's current minute, in milliseconds since the epoch. */
  since: number
  refused: number
}

const minute = 60_000

/*
 * The counts are in a bounded cache, because this must withstand a flood from many addresses. Libraries for
 * this (rate-limiter-flexible, express-rate-limit) keep every address in memory, the former with one timer
 * each. They also return promises, which would delay each refusal by a turn of the event loop.
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
