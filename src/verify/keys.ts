import { fetchJson } from '../jwks/fetch-json.ts'
import { KeyCache, type KeyTiming } from '../jwks/key-cache.ts'
import { readKeySet } from '../jwks/key-set.ts'
import { IdentityError } from './errors.ts'

const freshFor = 300_000
const coolDown = 10_000

/** Known keys serve for an hour in all where they cannot be fetched. */
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
  /** Milliseconds. */
  readonly now: () => number
}

/** The keys that sign identity tokens. `find` throws IdentityError when they cannot be fetched. */
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

/** There, I/O that one request began is cancelled when that request ends, and no other may wait for it. */
const isCloudflareWorker =
  typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers'
