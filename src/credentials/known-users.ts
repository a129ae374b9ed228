import { LRUCache } from 'lru-cache'
import type { Change, ChangeListener } from './changes.ts'
import type { Owner, UserSighting } from './directory.ts'
import { type Clock, elapsed, type Stamp } from './lease.ts'

export interface KnownUsersOptions {
  readonly clock: Clock
  /** The maximum age of a user's row in milliseconds; `0`: no user is returned. */
  readonly maxAge: number
  /** The maximum number of users. Default 20000. */
  readonly maxUsers?: number
}

interface KnownUser {
  readonly owner: Owner
  /** The time before the query that read the row. */
  readonly queriedAt: Stamp
}

/**
 * Caches the rows of users that this node has read. During an outage of the database, JWTs of these users are
 * accepted for a while. A user that changes is removed.
 *
 * A cached row is as old as its query. While changes are received it is only as old as the last heartbeat,
 * because every change that was committed before that heartbeat has been received.
 */
export class KnownUsers implements ChangeListener {
  readonly #clock: Clock
  readonly #maxAge: number
  readonly #users: LRUCache<string, KnownUser>
  readonly #names = new Map<string, string>()
  /** Whether every change of a cached row since its query has been received. */
  #isComplete = false
  #lastHeartbeat: Stamp | null = null

  constructor({ clock, maxAge, maxUsers = 20_000 }: KnownUsersOptions) {
    this.#clock = clock
    this.#maxAge = maxAge
    this.#users = new LRUCache({
      max: maxUsers,
      dispose: ({ owner }) => this.#names.delete(owner.userId),
    })
  }

  /** @param queriedAt the time before the query that read the row */
  put(owner: Owner, queriedAt: Stamp): void {
    const name = nameOf(owner)
    this.#users.set(name, { owner, queriedAt })
    this.#names.set(owner.userId, name)
  }

  /** Returns `null` if the user is not cached or the row is too old. */
  get(sighting: Pick<UserSighting, 'issuer' | 'subject'>): Owner | null {
    if (this.#maxAge === 0) return null
    const known = this.#users.get(nameOf(sighting))
    if (known === undefined) return null
    const asOf = later(known.queriedAt, this.#lastHeartbeat)
    return elapsed(asOf, this.#clock) > this.#maxAge ? null : known.owner
  }

  changed(change: Change): void {
    if (change.kind === 'everything') this.#users.clear()
    else if (change.kind === 'user') {
      const name = this.#names.get(change.id)
      if (name !== undefined) this.#users.delete(name)
    }
  }

  heartbeat(sent: Stamp): void {
    // Changes of rows that were read before may have been missed.
    if (!this.#isComplete) this.#users.clear()
    this.#isComplete = true
    this.#lastHeartbeat = later(sent, this.#lastHeartbeat)
  }

  restarted(): void {
    this.#users.clear()
  }

  lost(): void {
    this.#isComplete = false
  }
}

function later(stamp: Stamp, other: Stamp | null): Stamp {
  return other !== null && other.monotonic > stamp.monotonic ? other : stamp
}

function nameOf({ issuer, subject }: Pick<UserSighting, 'issuer' | 'subject'>): string {
  return JSON.stringify([issuer, subject])
}
