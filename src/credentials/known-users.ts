import { LRUCache } from 'lru-cache'
import type { Change } from './changes.ts'
import type { Owner, UserSighting } from './directory.ts'
import { type Clock, elapsed, type Stamp } from './lease.ts'

export interface KnownUsersOptions {
  readonly clock: Clock
  /** How long after the last contact with the database a user is still vouched for. Milliseconds; 0: not. */
  readonly patience: number
  /** Default 20000. */
  readonly maxUsers?: number
}

/**
 * The users whose rows this node has read, as they were then: what a JWT may go by for a while when
 * the database cannot be asked. One that has changed since it was read is not known any more.
 */
export class KnownUsers {
  readonly #clock: Clock
  readonly #patience: number
  readonly #owners: LRUCache<string, Owner>
  readonly #names = new Map<string, string>()
  #lastContact: Stamp | null = null

  constructor({ clock, patience, maxUsers = 20_000 }: KnownUsersOptions) {
    this.#clock = clock
    this.#patience = patience
    this.#owners = new LRUCache({
      max: maxUsers,
      dispose: ({ userId }) => this.#names.delete(userId),
    })
  }

  /** The database had answered something that was asked at `asked`. */
  reached(asked: Stamp): void {
    if (this.#lastContact === null || asked.monotonic > this.#lastContact.monotonic) {
      this.#lastContact = asked
    }
  }

  remember(owner: Owner): void {
    const name = nameOf(owner)
    this.#owners.set(name, owner)
    this.#names.set(owner.userId, name)
  }

  /** `null` when it is not known, or the last contact is too long ago to go by it. */
  recall(sighting: Pick<UserSighting, 'issuer' | 'subject'>): Owner | null {
    if (this.#patience === 0 || this.#lastContact === null) return null
    if (elapsed(this.#lastContact, this.#clock) > this.#patience) return null
    return this.#owners.get(nameOf(sighting)) ?? null
  }

  changed(change: Change): void {
    if (change.kind === 'everything') this.forgetAll()
    else if (change.kind === 'user') {
      const name = this.#names.get(change.id)
      if (name !== undefined) this.#owners.delete(name)
    }
  }

  forgetAll(): void {
    this.#owners.clear()
  }
}

/** Neither part holds a space: an issuer is a URL, a subject visible ASCII. */
function nameOf({ issuer, subject }: Pick<UserSighting, 'issuer' | 'subject'>): string {
  return `${issuer} ${subject}`
}
