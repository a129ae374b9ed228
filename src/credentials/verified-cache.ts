import { LRUCache } from 'lru-cache'
import type { Change, ChangeListener } from './changes.ts'
import { Dependents } from './dependents.ts'
import { type Clock, Lease, type Stamp, stampOf } from './lease.ts'

export interface VerifiedCacheOptions {
  /** Milliseconds within which every change is honoured, whatever fails. */
  readonly maxStaleness: number
  /** Credentials remembered at most. Default 20000, some 25 MB. */
  readonly maxEntries?: number
  /** How long one is remembered at most, in milliseconds. Default 300000. */
  readonly maxAge?: number
  readonly clock: Clock
}

/** What a fact depends on, and until when it holds by itself. */
export interface Dependencies {
  /** Public id of the key, or `null`. */
  readonly keyId: string | null
  /** `null` where there is none, as for a key that does not exist. */
  readonly userId: string | null
  /** Milliseconds since the epoch; `Infinity`: until something changes. */
  readonly validUntil: number
}

interface Entry<T> extends Dependencies {
  readonly value: T
  /** By the monotonic clock. */
  readonly storedAt: number
  /** When it was last put before those that are dropped first, by the same. */
  touchedAt: number
}

/** Taken before a look-up starts; see `fence`. */
export type Fence = number

/** Of the bound, what is kept for noticing and for answering. Milliseconds. */
const margin = 200
/** What was used within it counts as used now: putting each use in order takes as long as finding it. */
const recency = 1_000
/** Changes remembered one by one for look-ups under way; older ones count against all of them. */
const maxRecentChanges = 10_000

/**
 * Facts about verified credentials, remembered while nothing has changed that they depend on.
 *
 * Two rules hold the bound. A fact is used only under the lease: so long as the last heartbeat that was
 * heard had been sent less than `maxStaleness` ago, and every change committed before it was sent has
 * been taken in. And a fact is only kept when nothing it depends on changed since before it was read
 * (the fence), so that what was read before a change cannot be put back after it.
 *
 * Ids of keys and of users are not told apart: were two alike, more would be forgotten than must be.
 */
export class VerifiedCache<T> implements ChangeListener {
  readonly #clock: Clock
  readonly #lease: Lease
  readonly #maxAge: number
  readonly #entries: LRUCache<string, Entry<T>>
  readonly #dependents = new Dependents()
  /** By id of a key or a user. */
  readonly #recentChanges = new Map<string, Fence>()
  /** Everything read before this counts as changed since. */
  #floor: Fence = 0
  #now: Fence = 1

  constructor(options: VerifiedCacheOptions) {
    this.#clock = options.clock
    this.#maxAge = options.maxAge ?? 300_000
    this.#lease = new Lease(options.clock, Math.max(options.maxStaleness - margin, 0))
    this.#entries = new LRUCache({
      max: options.maxEntries ?? 20_000,
      dispose: (entry, key) => this.#removeDependencies(entry, key),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether facts may be used right now. */
  get trusted(): boolean {
    return this.#lease.valid
  }

  /** `undefined` when there is none that may be used. */
  get(key: string, { monotonic, wall }: Stamp = stampOf(this.#clock)): T | undefined {
    const entry = this.#entries.peek(key)
    if (entry === undefined) return undefined
    if (!this.#lease.validAt(monotonic, wall)) return undefined
    if (entry.validUntil <= wall || monotonic - entry.storedAt >= this.#maxAge) {
      this.#entries.delete(key)
      return undefined
    }
    if (monotonic - entry.touchedAt >= recency) {
      entry.touchedAt = monotonic
      this.#entries.get(key)
    }
    return entry.value
  }

  /** To be taken before reading what `put` is to keep. */
  fence(): Fence {
    return this.#now
  }

  /** Keeps `value`, unless something it depends on changed since `fence` or facts are not trusted. */
  put(key: string, value: T, dependencies: Dependencies, fence: Fence): boolean {
    if (!this.#lease.valid || this.changedSince(dependencies, fence)) return false
    const { keyId, userId, validUntil } = dependencies
    const now = this.#clock.monotonic()
    this.#entries.set(key, { value, keyId, userId, validUntil, storedAt: now, touchedAt: now })
    if (keyId !== null) this.#dependents.add(keyId, key)
    if (userId !== null) this.#dependents.add(userId, key)
    return true
  }

  changedSince({ keyId, userId }: Pick<Dependencies, 'keyId' | 'userId'>, fence: Fence): boolean {
    return (
      this.#floor > fence || this.#lastChange(keyId) > fence || this.#lastChange(userId) > fence
    )
  }

  #lastChange(id: string | null): Fence {
    return id === null ? 0 : (this.#recentChanges.get(id) ?? 0)
  }

  changed(change: Change): void {
    if (change.kind === 'everything') {
      this.#clear()
      return
    }
    const { id } = change
    this.#now++
    // Put in anew, so that the oldest are the first in order.
    this.#recentChanges.delete(id)
    this.#recentChanges.set(id, this.#now)
    if (this.#recentChanges.size > maxRecentChanges) this.#dropOldestChange()
    for (const key of this.#dependents.of(id)) this.#entries.delete(key)
  }

  heard(sent: Stamp): void {
    // After a silence it starts empty, however soon what was missed may come in.
    if (!this.#lease.valid) this.#clear()
    this.#lease.extend(sent)
  }

  restarted(): void {
    this.#clear()
  }

  lost(): void {
    this.#lease.end()
  }

  #clear(): void {
    this.#now++
    this.#floor = this.#now
    this.#recentChanges.clear()
    this.#entries.clear()
  }

  #dropOldestChange(): void {
    const [oldest] = this.#recentChanges
    if (oldest === undefined) return
    this.#recentChanges.delete(oldest[0])
    this.#floor = Math.max(this.#floor, oldest[1])
  }

  #removeDependencies({ keyId, userId }: Entry<T>, key: string): void {
    if (keyId !== null) this.#dependents.remove(keyId, key)
    if (userId !== null) this.#dependents.remove(userId, key)
  }
}
