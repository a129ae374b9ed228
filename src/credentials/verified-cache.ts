import type { Change, ChangeListener } from './changes.ts'
import { Dependents } from './dependents.ts'
import { type Clock, Lease, type Stamp, stampOf } from './lease.ts'

export interface VerifiedCacheOptions {
  /** The staleness bound in milliseconds: every change takes effect within it, whatever fails. */
  readonly maxStaleness: number
  /** The maximum number of entries. Default 20000, about 25 MB. */
  readonly maxEntries?: number
  /** The maximum age of an entry in milliseconds. Default 300000. */
  readonly maxAge?: number
  readonly clock: Clock
}

/** The key and the user that an entry depends on, and its expiry. */
export interface Dependencies {
  /** The public id of the key; `null`: none. */
  readonly keyId: string | null
  /** The id of the user; `null`: none, such as for a key that does not exist. */
  readonly userId: string | null
  /** The expiry in milliseconds since the epoch; `Infinity`: none. */
  readonly validUntil: number
}

interface Entry<T> extends Dependencies {
  readonly value: T
  /** The time of `put`, by the monotonic clock. */
  readonly storedAt: number
  /**
   * The time from which on a use checks the age and counts for the LRU order, by the monotonic clock. One number,
   * because each is a memory access of its own.
   */
  checkAt: number
}

/** A number that is taken before a lookup starts; see {@link VerifiedCache.fence}. */
export type Fence = number

/** The part of the staleness bound that is left for detection and response. Milliseconds. */
const margin = 200
/** The default of `maxEntries`. */
const defaultEntries = 20_000
/** An entry that was used within this time is not moved in the LRU order, which takes as long as a lookup. Milliseconds. */
const recency = 1_000
/** The maximum number of recent changes by id. Older changes count as changes of every id. */
const maxRecentChanges = 10_000

/**
 * A cache of results about credentials. A change of the key or the user of an entry removes the entry.
 *
 * Two rules keep the staleness bound. Lease: an entry is used only while the last received heartbeat was sent
 * less than `maxStaleness` ago; every change that was committed before that heartbeat has been received.
 * Fence: a value is stored only if nothing that it depends on has changed since its lookup started, so that a
 * value from before a change is not stored after it.
 *
 * Ids of keys and users share one map. If two were equal, a change would only remove too many entries.
 */
export class VerifiedCache<T> implements ChangeListener {
  readonly #clock: Clock
  readonly #lease: Lease
  readonly #maxAge: number
  readonly #maxEntries: number
  /** Ordered by the last use. A Map takes less time for a lookup than an LRU cache of two maps and two lists. */
  readonly #entries = new Map<string, Entry<T>>()
  readonly #dependents = new Dependents()
  /** The last change by the id of a key or user. */
  readonly #recentChanges = new Map<string, Fence>()
  /** Everything that was read before this fence counts as changed. */
  #floor: Fence = 0
  #now: Fence = 1

  constructor(options: VerifiedCacheOptions) {
    this.#clock = options.clock
    this.#maxAge = options.maxAge ?? 300_000
    this.#lease = new Lease(options.clock, Math.max(options.maxStaleness - margin, 0))
    this.#maxEntries = options.maxEntries ?? defaultEntries
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether entries may be used now: the lease is valid. */
  get trusted(): boolean {
    return this.#lease.valid
  }

  /** Returns the value of a usable entry, otherwise `undefined`. */
  get(key: string, { monotonic, wall }: Stamp = stampOf(this.#clock)): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (!this.#lease.validAt(monotonic, wall)) return undefined
    if (monotonic < entry.checkAt && wall < entry.validUntil) return entry.value
    if (entry.validUntil <= wall || monotonic - entry.storedAt >= this.#maxAge) {
      this.#delete(key)
      return undefined
    }
    entry.checkAt = this.#nextCheck(entry.storedAt, monotonic)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  #nextCheck(storedAt: number, monotonic: number): number {
    return Math.min(monotonic + recency, storedAt + this.#maxAge)
  }

  /** Returns the present fence. Take it before the lookup whose result is passed to `put`. */
  fence(): Fence {
    return this.#now
  }

  /** Stores `value`, unless something that it depends on has changed since `fence` or the lease is not valid. */
  put(key: string, value: T, dependencies: Dependencies, fence: Fence): boolean {
    if (!this.#lease.valid || this.changedSince(dependencies, fence)) return false
    const { keyId, userId, validUntil } = dependencies
    const now = this.#clock.monotonic()
    const checkAt = this.#nextCheck(now, now)
    this.#delete(key)
    this.#entries.set(key, { value, keyId, userId, validUntil, storedAt: now, checkAt })
    if (this.#entries.size > this.#maxEntries) this.#deleteOldest()
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
    // Deleted and added again, so that the map is ordered by time.
    this.#recentChanges.delete(id)
    this.#recentChanges.set(id, this.#now)
    if (this.#recentChanges.size > maxRecentChanges) this.#dropOldestChange()
    for (const key of this.#dependents.of(id)) this.#delete(key)
  }

  heartbeat(sent: Stamp): void {
    // Changes may have been missed while the lease was not valid.
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
    this.#dependents.clear()
  }

  #dropOldestChange(): void {
    const [oldest] = this.#recentChanges
    if (oldest === undefined) return
    this.#recentChanges.delete(oldest[0])
    this.#floor = Math.max(this.#floor, oldest[1])
  }

  #deleteOldest(): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#delete(oldest)
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const { keyId, userId } = entry
    this.#entries.delete(key)
    if (keyId !== null) this.#dependents.remove(keyId, key)
    if (userId !== null) this.#dependents.remove(userId, key)
  }
}
