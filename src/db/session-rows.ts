import { and, eq, gt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { LiveSessions, StoredSession } from '../sessions/session.ts'
import type { Queries } from './link.ts'
import { stateColumns } from './proof.ts'
import { pageSessions } from './tables.ts'

/** The columns of a row without its tokens. */
export const sessionColumns = {
  id: pageSessions.id,
  userId: pageSessions.userId,
  createdAt: pageSessions.createdAt,
  lastUsedAt: pageSessions.lastUsedAt,
  expiresAt: pageSessions.expiresAt,
  address: pageSessions.address,
  userAgent: pageSessions.userAgent,
}

export const storedColumns = {
  ...sessionColumns,
  tokens: pageSessions.tokens,
  tokenExpiresAt: pageSessions.tokenExpiresAt,
}

type OrPlaceholder<T> = { readonly [K in keyof T]: T[K] | Placeholder }

export function isLive({ now, idleSince }: OrPlaceholder<LiveSessions>): SQL | undefined {
  return and(gt(pageSessions.expiresAt, now), gt(pageSessions.lastUsedAt, idleSince))
}

/**
 * Finds a live session and reads the state of the server in one statement. Its placeholders are `node`, `hash`,
 * `now` and `idleSince`. Without a session, the row has the state alone.
 */
export function selectSession(queries: Queries, reportsCluster: boolean) {
  const now = sql.placeholder('now')
  const idleSince = sql.placeholder('idleSince')
  const isAsked = eq(pageSessions.secretHash, sql.placeholder('hash'))
  return queries
    .select({ ...stateColumns(reportsCluster), ...storedColumns })
    .from(sql`(values (true)) as one`)
    .leftJoin(pageSessions, and(isAsked, isLive({ now, idleSince })))
}

/** Returns the row of a statement that changes at most one. */
export function only([row]: readonly StoredSession[]): StoredSession | null {
  return row ?? null
}
