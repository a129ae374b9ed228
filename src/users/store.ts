import type { Actor } from '../audit/actor.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { User, UserStatus } from './user.ts'

/**
 * Where users are kept. Each change is one transaction that also writes what the audit trail tells.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface UserStore {
  /** Any string is a possible id; what is no UUID is simply not there. */
  find(id: string): Promise<User | null>
  findByIdentity(issuer: string, subject: string): Promise<User | null>
  /** In the order of `ids`; `null` where there is none. One query. */
  findMany(ids: readonly string[]): Promise<readonly (User | null)[]>
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>
  count(filter: UserFilter): Promise<number>
  /** The scopes that a deleted user of that identity held (`null`: no ceiling), or `undefined` when none was deleted. */
  findTombstone(issuer: string, subject: string): Promise<Tombstone | undefined>
  /**
   * Lifts a tombstone of the same identity. `'duplicate'` when the user exists.
   *
   * @throws what `user.scopes` throws as a function, and nothing is made
   */
  insert(user: NewUser, by: Actor): Promise<User | 'duplicate'>
  update(id: string, change: UserChange, by: Actor): Promise<User | null>
  setStatus(id: string, status: UserStatus, reason: string | null, by: Actor): Promise<User | null>
  /**
   * @param check sees the user as it is when the scopes are set; what it throws prevents that
   */
  setScopes(
    id: string,
    scopes: readonly string[] | null,
    by: Actor,
    check?: (before: User) => void,
  ): Promise<User | null>
  /**
   * From now on JWTs issued before `now` are refused, and `token` whenever it was issued.
   *
   * @returns that moment, which never goes back
   */
  signOut(id: string, now: Date, by: Actor, token?: SignedOutToken | null): Promise<Date | null>
  /** Removes the user and all its keys and leaves a tombstone. `false` when not there. */
  delete(id: string, by: Actor): Promise<boolean>
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
  /** A function is told what a deleted user of that identity held, when the user is made. */
  readonly scopes: readonly string[] | null | ((tombstone: Tombstone | undefined) => Scopes)
}

type Scopes = readonly string[] | null

export interface Tombstone {
  /** What the user held; `null`: no ceiling. */
  readonly scopes: readonly string[] | null
}

export interface UserChange {
  readonly email?: string | null
  readonly name?: string | null
}
