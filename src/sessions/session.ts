/** The secrets of a session, which are encrypted in its row. They never leave the server. */
export interface SessionTokens {
  /** The JWT of the issuer that the session stands for: an access token or an ID token. */
  readonly token: string
  /** Renews the token; `null`: the session ends with the token. */
  readonly refreshToken: string | null
  /** Tells the issuer at sign-out which session ends (`id_token_hint`); `null`: there is none. */
  readonly idToken: string | null
}

/** A row of a session, without its tokens. */
export interface SessionRow {
  /** A UUID, which may be shown. The cookie has another, secret value. */
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  /** Up to {@link touchAfterMs} late. */
  readonly lastUsedAt: Date
  /** The end, if the session is used until then. */
  readonly expiresAt: Date
  /** The address and the program that signed in; `null`: unknown. */
  readonly address: string | null
  readonly userAgent: string | null
}

export interface StoredSession extends SessionRow {
  /** The encrypted {@link SessionTokens}. */
  readonly tokens: string
  /** The `exp` of the token. */
  readonly tokenExpiresAt: Date
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** A session that was not used for this time ends. Milliseconds: 8 hours. */
export const idleLimitMs = 8 * hour
/** A session ends this time after the sign-in, however much it is used. Milliseconds: 7 days. */
export const absoluteLimitMs = 7 * 24 * hour
/** The time of the last use is written at most this often. Milliseconds. */
export const touchAfterMs = minute
/** The sessions that one user may have. A further sign-in ends the one that was used the longest time ago. */
export const maxSessionsPerUser = 50
/** The tokens of a session are renewed this time before they expire. Milliseconds. */
export const renewBeforeMs = minute

/** Sessions that are neither over nor unused for too long. */
export interface LiveSessions {
  readonly now: Date
  /** Sessions that were last used before this time have ended. */
  readonly idleSince: Date
}

/** @param now milliseconds since the epoch */
export function liveAt(now: number): LiveSessions {
  return { now: new Date(now), idleSince: new Date(now - idleLimitMs) }
}
