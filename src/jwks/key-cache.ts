import type { CryptoKey } from 'jose'
import type { JwsAlgorithm } from './algorithms.ts'
import { type KeySet, keysFor } from './key-set.ts'

/** Durations in milliseconds. */
export interface KeyTiming {
  /** The time for which fetched keys are fresh, if the issuer states none. */
  readonly freshFor: number
  /** The bounds of a freshness that the issuer states (`max-age`). */
  readonly freshAtLeast: number
  readonly freshAtMost: number
  /** The time for which keys that are no longer fresh are used while the issuer cannot be reached. */
  readonly staleFor: number
  /** The minimum time between two fetches because of an unknown `kid`. */
  readonly unknownKeyCooldown: number
  /** The maximum duration of a fetch, including discovery. */
  readonly timeout: number
  /** The wait after the first failure. It doubles with each further failure, up to `backoffAtMost`. */
  readonly backoff: number
  readonly backoffAtMost: number
}

export interface FetchedKeys extends KeySet {
  /** The seconds for which the keys are fresh, as the issuer states; `null`: not stated. */
  readonly maxAgeSeconds: number | null
}

export interface KeyCacheOptions {
  readonly fetchKeys: (signal: AbortSignal) => Promise<FetchedKeys>
  readonly timing: KeyTiming
  /** Returns milliseconds since any fixed moment. */
  readonly clock: () => number
  /** Returns a number from 0 to less than 1, which spreads the fetches of many nodes. */
  readonly random: () => number
  /**
   * Whether requests may wait for a fetch that another request has started, and may leave a fetch to run in
   * the background. Default: true.
   */
  readonly sharesFetches?: boolean
  /** Called with each failed fetch and each unusable key. Default: they are ignored. */
  readonly onProblem?: (error: Error) => void
  /** Creates the error that `find` throws. `cause` is the failure of the last fetch. */
  readonly unavailable: (retryAfterSeconds: number, cause: unknown) => Error
}

interface LoadedKeys extends KeySet {
  readonly refreshAt: number
  readonly freshUntil: number
  readonly staleUntil: number
}

/**
 * Caches the keys of an issuer. They are fetched when they are first needed, and refreshed by the requests
 * that need them, without a timer. If fetches are shared, at most one is under way. After a failed fetch no
 * other one starts until the wait has passed.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions
  readonly #sharesFetches: boolean
  #loaded: LoadedKeys | null = null
  #loading: Promise<LoadedKeys> | null = null
  #failures = 0
  #lastFailure: unknown
  #retryAt = Number.NEGATIVE_INFINITY
  #unknownKeyFetchedAt = Number.NEGATIVE_INFINITY

  constructor(options: KeyCacheOptions) {
    this.#options = options
    this.#sharesFetches = options.sharesFetches ?? true
  }

  /**
   * Returns the keys that may verify the signature of a token; an empty list if the issuer has none.
   *
   * @throws the error of `unavailable`, if the keys of the issuer are unknown
   */
  async find(algorithm: JwsAlgorithm, keyId: string | null): Promise<readonly CryptoKey[]> {
    const before = this.#loaded
    const loaded = await this.#current(this.#options.clock())
    const found = keysFor(loaded.keys, algorithm, keyId)
    if (found.length > 0 || loaded !== before) return found
    const reloaded = await this.#reloadForUnknownKey(loaded)
    return keysFor(reloaded.keys, algorithm, keyId)
  }

  async #current(now: number): Promise<LoadedKeys> {
    const loaded = this.#loaded
    if (loaded === null || now >= loaded.staleUntil) return this.#load(now)
    if (now >= loaded.refreshAt && now >= this.#retryAt) {
      const loading = this.#load(now)
      // With fresh keys, or with an issuer that is known to be down, the request does not wait.
      const mustWait = now >= loaded.freshUntil && this.#failures === 0
      if (mustWait || !this.#sharesFetches) return loading.catch(() => loaded)
      loading.catch(() => {})
    }
    return loaded
  }

  async #reloadForUnknownKey(loaded: LoadedKeys): Promise<LoadedKeys> {
    const now = this.#options.clock()
    if (this.#loading !== null || this.#failures > 0) return this.#load(now)
    if (now < this.#unknownKeyFetchedAt + this.#options.timing.unknownKeyCooldown) {
      return this.#loaded ?? loaded
    }
    this.#unknownKeyFetchedAt = now
    return this.#load(now)
  }

  /** Joins the fetch under way or starts one. Rejects until the wait after a failure has passed. */
  #load(now: number): Promise<LoadedKeys> {
    if (this.#loading !== null) return this.#loading
    if (now < this.#retryAt) return Promise.reject(this.#unavailable(now))
    if (!this.#sharesFetches) return this.#fetch()
    this.#loading = this.#fetch().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #fetch(): Promise<LoadedKeys> {
    const { fetchKeys, timing, clock, random, onProblem = () => {} } = this.#options
    try {
      const fetched = await fetchKeys(AbortSignal.timeout(timing.timeout))
      for (const fault of fetched.faults) onProblem(new Error(fault))
      const loadedAt = clock()
      const freshFor = freshness(fetched.maxAgeSeconds, timing)
      this.#failures = 0
      this.#loaded = {
        ...fetched,
        refreshAt: loadedAt + freshFor * (0.75 + random() * 0.15),
        freshUntil: loadedAt + freshFor,
        staleUntil: loadedAt + freshFor + timing.staleFor,
      }
      return this.#loaded
    } catch (error) {
      const now = clock()
      const wait = Math.min(timing.backoffAtMost, timing.backoff * 2 ** this.#failures)
      this.#failures++
      this.#lastFailure = error
      this.#retryAt = now + wait * (0.5 + random() * 0.5)
      onProblem(error instanceof Error ? error : new Error(String(error)))
      throw this.#unavailable(now)
    }
  }

  #unavailable(now: number): Error {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#retryAt - now) / 1000))
    return this.#options.unavailable(retryAfterSeconds, this.#lastFailure)
  }
}

function freshness(maxAgeSeconds: number | null, timing: KeyTiming): number {
  if (maxAgeSeconds === null) return timing.freshFor
  return Math.min(timing.freshAtMost, Math.max(timing.freshAtLeast, maxAgeSeconds * 1000))
}
