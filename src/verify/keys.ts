import { fetchJson } from '../jwks/fetch-json.ts'
import { KeyCache, type KeyTiming } from '../jwks/key-cache.ts'
import { readKeySet } from '../jwks/key-set.ts'
import { IdentityError } from './errors.ts'

const freshFor = 300_000
const coolDown = 10_000

/** Known keys are used for one hour in total if they cannot be fetched again. */
const timing: KeyTiming = {
  freshFor,
  freshAtLeast: freshFor,
  freshAtMost: freshFor,
  staleFor: 3_600_000 - freshFor,
  unknownKeyCooldown: coolDown,
  timeout: 5_000,
  backoff: coolDown,
  backoffAtMost: coolDown,
}
const maxBytes = 100_000

export interface IdentityKeysOptions {
  readonly url: string
  readonly fetch: typeof fetch
  /** The clock. Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Returns the keys that sign identity tokens. `find` throws IdentityError if they cannot be fetched.
 */
export function identityKeys({ url, fetch, now }: IdentityKeysOptions): KeyCache {
  return new KeyCache({
    async fetchKeys(signal) {
      const { json, maxAgeSeconds } = await fetchJson(url, { fetch, signal, maxBytes })
      return { ...(await readKeySet(json)), maxAgeSeconds }
    },
    timing,
    clock: now,
    random: Math.random,
    sharesFetches: !isCloudflareWorker,
    unavailable: (_retryAfterSeconds, cause) =>
      new IdentityError('IDENTITY_UNAVAILABLE', 'The keys of identity tokens cannot be fetched.', {
        cause,
      }),
  })
}

/**
 * A Cloudflare Worker cancels the I/O of a request when that request ends, so no other request may wait
 * for it.
 */
const isCloudflareWorker =
  typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers'
