import type { Actor } from '../audit/actor.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { User, UserStatus } from './user.ts'

/**
 * The storage of users. Each change is one transaction, which also records its audit event.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface UserStore {
  /** Accepts any string as `id`; `null` if it is not the id of a user. */
  find(id: string): Promise<User | null>
  findByIdentity(issuer: string, subject: string): Promise<User | null>
  /** In the order of `ids`; `null` for an id without a user. One query. */
  findMany(ids: readonly string[]): Promise<readonly (User | null)[]>
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>
  count(filter: UserFilter): Promise<number>
  /** The tombstone of a deleted user; `undefined` if no such user was deleted. */
  findTombstone(issuer: string, subject: string): Promise<Tombstone | undefined>
  /**
   * Creates a user and removes the tombstone of the same issuer and subject. `'duplicate'` if the user exists.
   *
   * @throws the error of `user.scopes`, if that is a function; then no user is created
   */
  insert(user: NewUser, by: Actor): Promise<User | 'duplicate'>
  update(id: string, change: UserChange, by: Actor): Promise<User | null>
  setStatus(id: string, status: UserStatus, reason: string | null, by: Actor): Promise<User | null>
  /**
   * @param check gets the user right before the change; an error that it throws prevents the change
   */
  setScopes(
    id: string,
    scopes: readonly string[] | null,
    by: Actor,
    check?: (before: User) => void,
  ): Promise<User | null>
  /**
   * Refuses JWTs that were issued before `now`, and `token` whatever its `iat`.
   *
   * @returns the time before which JWTs are refused, which never decreases; `null` if the user does not exist
   */
  signOut(id: string, now: Date, by: Actor, token?: SignedOutToken | null): Promise<Date | null>
  /**
   * Deletes the user and all its keys and stores a tombstone. `false` if the user does not exist.
   *
   * @param check gets the user's keys that are not revoked; an error that it throws prevents the deletion
   */
  delete(
    id: string,
    by: Actor,
    check?: (keys: readonly { readonly expiresAt: Date | null }[]) => void,
  ): Promise<boolean>
}

export interface SignedOutToken {
  readonly hash: string
  /** `iat`, seconds since the epoch. */
  readonly issuedAt: number
}

export interface UserFilter {
  readonly status: UserStatus | null
  /** Case-insensitive prefix of the subject, e-mail address or name. */
  readonly search: string | null
}

export interface NewUser {
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly name: string | null
  /** The grant. A function gets the tombstone of a deleted user when the user is created. */
  readonly scopes: readonly string[] | null | ((tombstone: Tombstone | undefined) => Scopes)
}

type Scopes = readonly string[] | null

export interface Tombstone {
  /** The grant of the deleted user; `null`: no ceiling. */
  readonly scopes: readonly string[] | null
}

export interface UserChange {
  readonly email?: string | null
  readonly name?: string | null
}
