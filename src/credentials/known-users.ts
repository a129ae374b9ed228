import { LRUCache } from 'lru-cache'
import type { Change, ChangeListener } from './changes.ts'
import type { Owner, UserSighting } from './directory.ts'
import { type Clock, elapsed, type Stamp } from './lease.ts'

export interface KnownUsersOptions {
  readonly clock: Clock
  /** How old what is known of a user may be. Milliseconds; 0: nothing is recalled. */
  readonly maxAge: number
  /** Default 20000. */
  readonly maxUsers?: number
}

interface KnownUser {
  readonly owner: Owner
  /** When the database was asked for it. */
  readonly asked: Stamp
}

/**
 * The users whose rows this node has read, as they were then: what a JWT may go by for a while when
 * the database cannot be asked. One that has changed since it was read is not known any more.
 *
 * What is known of a user is as old as the row that was read. While changes are heard it is as old as the
 * last heartbeat: every change that was committed before that one was sent has been taken in.
 */
export class KnownUsers implements ChangeListener {
  readonly #clock: Clock
  readonly #maxAge: number
  readonly #users: LRUCache<string, KnownUser>
  readonly #names = new Map<string, string>()
  /** Whether each change to what is known has been told since it was read. */
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

  /** @param asked taken before the database was asked */
  put(owner: Owner, asked: Stamp): void {
    const name = nameOf(owner)
    this.#users.set(name, { owner, asked })
    this.#names.set(owner.userId, name)
  }

  /** `null` when it is not known, or what is known of it is too old. */
  get(sighting: Pick<UserSighting, 'issuer' | 'subject'>): Owner | null {
    if (this.#maxAge === 0) return null
    const known = this.#users.get(nameOf(sighting))
    if (known === undefined) return null
    const asOf = later(known.asked, this.#lastHeartbeat)
    return elapsed(asOf, this.#clock) > this.#maxAge ? null : known.owner
  }

  changed(change: Change): void {
    if (change.kind === 'everything') this.#users.clear()
    else if (change.kind === 'user') {
      const name = this.#names.get(change.id)
      if (name !== undefined) this.#users.delete(name)
    }
  }

  heard(sent: Stamp): void {
    // Of what was read before, changes may have been missed.
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
