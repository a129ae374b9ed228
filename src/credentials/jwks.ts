import type { KeyObject } from 'node:crypto'
import { ServiceUnavailableError } from '../errors.ts'
import { fetchKeys, type KeySource } from './fetch-keys.ts'
import type { JwsAlgorithm } from './jwt-algorithms.ts'
import { type KeySet, keysFor } from './verification-keys.ts'

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

export const defaultKeyTiming: KeyTiming = {
  freshFor: 10 * 60_000,
  freshAtLeast: 60_000,
  freshAtMost: 60 * 60_000,
  staleFor: 60 * 60_000,
  unknownKeyCooldown: 30_000,
  timeout: 5_000,
  backoff: 1_000,
  backoffAtMost: 60_000,
}

export interface IssuerKeysOptions {
  readonly timing: KeyTiming
  /** Milliseconds since any fixed moment. */
  readonly clock: () => number
  /** At least 0 and less than 1; spreads many nodes' fetches apart. */
  readonly random: () => number
  /** Told of every failed fetch and of every key that is unfit. */
  readonly onProblem: (error: Error) => void
}

interface LoadedKeys extends KeySet {
  readonly refreshAt: number
  readonly freshUntil: number
  readonly staleUntil: number
}

/**
 * The keys of one issuer, fetched when first needed and kept up to date by the requests that need
 * them: no timer runs. At most one fetch is under way at any time, and after a failed one none is
 * made until its wait is over, whatever is asked.
 */
export class IssuerKeys {
  readonly #source: KeySource
  readonly #options: IssuerKeysOptions
  #loaded: LoadedKeys | null = null
  #loading: Promise<LoadedKeys> | null = null
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #unknownKeyAskedAt = Number.NEGATIVE_INFINITY

  constructor(source: KeySource, options: IssuerKeysOptions) {
    this.#source = source
    this.#options = options
  }

  /**
   * The keys that could have made a token's signature; none when the issuer has no such key.
   *
   * @throws ServiceUnavailableError when that cannot be told because the issuer cannot be reached
   */
  async find(algorithm: JwsAlgorithm, keyId: string | null): Promise<readonly KeyObject[]> {
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
      if (now >= loaded.freshUntil && this.#failures === 0) return loading.catch(() => loaded)
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
    this.#loading = this.#fetch().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #fetch(): Promise<LoadedKeys> {
    const { timing, clock, random, onProblem } = this.#options
    try {
      const fetched = await fetchKeys(this.#source, AbortSignal.timeout(timing.timeout))
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
      this.#retryAt = now + wait * (0.5 + random() * 0.5)
      onProblem(error instanceof Error ? error : new Error(String(error)))
      throw this.#unavailable(now, error)
    }
  }

  #unavailable(now: number, cause?: unknown): ServiceUnavailableError {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#retryAt - now) / 1000))
    return new ServiceUnavailableError({ retryAfterSeconds, cause, reason: 'issuer-keys' })
  }
}

function freshness(maxAgeSeconds: number | null, timing: KeyTiming): number {
  if (maxAgeSeconds === null) return timing.freshFor
  return Math.min(timing.freshAtMost, Math.max(timing.freshAtLeast, maxAgeSeconds * 1000))
}
