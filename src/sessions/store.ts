import type { LiveSessions, SessionRow, StoredSession } from './session.ts'

export interface NewSession extends Omit<StoredSession, 'lastUsedAt'> {
  /** The SHA-256 of the value of the cookie. */
  readonly secretHash: Uint8Array
}

/** Identifies the JWT that a session begins with. */
export interface FirstToken {
  /** The SHA-256 of its signed part, in hexadecimal. */
  readonly hash: string
  /** `iat`, seconds since the epoch. */
  readonly issuedAt: number
}

/** The reason why a user has no new session. */
export type RefusedSession = 'owner-deleted' | 'owner-suspended' | 'owner-signed-out'

/** `superseded`: another caller has the claim, or has renewed the tokens. `ended`: the session is over. */
export type Renewal = 'renewed' | 'superseded' | 'ended'

/** The sessions of the keys page. */
export interface SessionStore {
  /**
   * Adds a session, and keeps only the `keep` most recently used ones of the user. A suspension, a deletion or a
   * sign-out of the user that commits meanwhile is seen.
   *
   * @param token the JWT of the session; `null`: unknown
   * @returns `null` if the session was added
   */
  insert(
    session: NewSession,
    token: FirstToken | null,
    keep: number,
  ): Promise<RefusedSession | null>
  /** @throws ServiceUnavailableError if no server answers that is proven to be the primary */
  find(secretHash: Uint8Array, live: LiveSessions): Promise<StoredSession | null>
  /** Lists the sessions of a user, most recently used first. */
  list(userId: string, live: LiveSessions): Promise<readonly SessionRow[]>
  /** Writes the time of the last use. */
  touch(id: string, now: Date): Promise<void>
  /**
   * Ends a session.
   *
   * @param userId ends it only if it is a session of that user. Default: of any user
   * @returns the session that ended; `null`: there was none
   */
  end(id: string, userId?: string): Promise<StoredSession | null>
  /**
   * Lets one caller on all nodes renew the tokens of a session. The time `until` is the claim of this caller: it
   * is later than that of any earlier one, and each method below does nothing once another caller has the claim.
   *
   * @param until the time until which no other caller may
   * @returns the session for the caller that may renew its tokens; `null` for all others
   */
  claimRenewal(id: string, now: Date, until: Date): Promise<StoredSession | null>
  /** Lets the next caller renew the tokens from `until` on. */
  postponeRenewal(id: string, claim: Date, until: Date): Promise<void>
  /** Replaces the tokens, and gives the claim back. */
  renew(
    id: string,
    claim: Date,
    tokens: Pick<StoredSession, 'tokens' | 'tokenExpiresAt'>,
  ): Promise<Renewal>
  /** Ends a session whose tokens can never be renewed. */
  endRenewal(id: string, claim: Date): Promise<Exclude<Renewal, 'renewed'>>
  /** Removes sessions that have ended. Returns their number. */
  removeEnded(live: LiveSessions): Promise<number>
}
