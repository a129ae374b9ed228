import type { CryptoKey } from 'jose'
import type { JwsAlgorithm } from './algorithms.ts'
import { type KeySet, keysFor } from './key-set.ts'

/** All in milliseconds. */
export interface KeyTiming {
  /** How long fetched keys are used without asking again, where the issuer does not say. */
  readonly freshFor: number
  /** Within what an issuer's `max-age` is honoured. */
  readonly freshAtLeast: number
  readonly freshAtMost: number
  /** How long keys stay in use after that while the issuer cannot be reached. */
  readonly staleFor: number
  /** How often at most a token with an unknown `kid` makes us ask again. */
  readonly unknownKeyCooldown: number
  /** How long one whole fetch may take, discovery included. */
  readonly timeout: number
  /** The first wait after a failure; it doubles with each further one up to `backoffAtMost`. */
  readonly backoff: number
  readonly backoffAtMost: number
}

export interface FetchedKeys extends KeySet {
  /** For how many seconds the issuer says that its keys may be used; `null`: it does not say. */
  readonly maxAgeSeconds: number | null
}

export interface KeyCacheOptions {
  readonly fetchKeys: (signal: AbortSignal) => Promise<FetchedKeys>
  readonly timing: KeyTiming
  /** Milliseconds since any fixed moment. */
  readonly clock: () => number
  /** At least 0 and less than 1; spreads many nodes' fetches apart. */
  readonly random: () => number
  /**
   * Whether a request may wait for a fetch that another request began, and leave one behind that nobody
   * waits for. Default: true.
   */
  readonly sharesFetches?: boolean
  /** Called with each failure of a fetch and with each fault of a key. Default: ignored. */
  readonly onProblem?: (error: Error) => void
  /** Makes the error that `find` throws. `cause` is the failure of the last fetch. */
  readonly unavailable: (retryAfterSeconds: number, cause: unknown) => Error
}

interface LoadedKeys extends KeySet {
  readonly refreshAt: number
  readonly freshUntil: number
  readonly staleUntil: number
}

/**
 * The keys of one issuer, fetched when first needed and kept up to date by the requests that need
 * them: no timer runs. Where fetches are shared at most one is under way at any time, and after a failed
 * one none is made until its wait is over, whatever is asked.
 */
export class KeyCache {
  readonly #options: KeyCacheOptions
  readonly #sharesFetches: boolean
  #loaded: LoadedKeys | null = null
  #loading: Promise<LoadedKeys> | null = null
  #failures = 0
  #lastFailure: unknown
  #retryAt = Number.NEGATIVE_INFINITY
  #unknownKeyAskedAt = Number.NEGATIVE_INFINITY

  constructor(options: KeyCacheOptions) {
    this.#options = options
    this.#sharesFetches = options.sharesFetches ?? true
  }

  /**
   * The keys that could have made a token's signature; none when the issuer has no such key.
   *
   * @throws what `unavailable` makes, when that cannot be told because the issuer cannot be reached
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
      // Whoever finds fresh keys does not wait for fresher ones, nor for an issuer known to be down.
      const mustWait = now >= loaded.freshUntil && this.#failures === 0
      if (mustWait || !this.#sharesFetches) return loading.catch(() => loaded)
      loading.catch(() => {})
    }
    return loaded
  }

  async #reloadForUnknownKey(loaded: LoadedKeys): Promise<LoadedKeys> {
    const now = this.#options.clock()
    if (this.#loading !== null || this.#failures > 0) return this.#load(now)
    if (now < this.#unknownKeyAskedAt + this.#options.timing.unknownKeyCooldown) {
      return this.#loaded ?? loaded
    }
    this.#unknownKeyAskedAt = now
    return this.#load(now)
  }

  /** Joins the fetch under way or starts one, unless the wait after a failure is not over yet. */
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
