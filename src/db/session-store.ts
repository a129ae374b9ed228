import { and, desc, eq, lt, notInArray, or } from 'drizzle-orm'
import { signOutRefusal } from '../credentials/refusal-rules.ts'
import type { StoredSession } from '../sessions/session.ts'
import type { FirstToken, RefusedSession, SessionStore } from '../sessions/store.ts'
import { isUuid } from '../uuid.ts'
import type { DirectoryQueries } from './credential-directory.ts'
import type { LookUp } from './lookups.ts'
import { sessionRenewals } from './session-renewals.ts'
import { isLive, only, sessionColumns, storedColumns } from './session-rows.ts'
import { pageSessions } from './tables.ts'
import type { Access } from './transactions.ts'
import { lockUser, type UserRow } from './user-rows.ts'

/** @param lookUp finds sessions on the primary: a server that lags behind may still have some that have ended */
export function createSessionStore(access: Access, lookUp: LookUp<DirectoryQueries>): SessionStore {
  return {
    ...sessionRenewals(access),

    insert: ({ secretHash, ...session }, token, keep) =>
      access.change(async (transaction) => {
        const { userId, createdAt } = session
        // Without the lock, a trigger that ends the sessions of the user would not see this one.
        const reason = refusalOf(await lockUser(transaction, userId), token)
        if (reason !== null) return reason
        await transaction
          .insert(pageSessions)
          .values({ ...session, secretHash, lastUsedAt: createdAt })
        const kept = transaction
          .select({ id: pageSessions.id })
          .from(pageSessions)
          .where(eq(pageSessions.userId, userId))
          .orderBy(desc(pageSessions.lastUsedAt), desc(pageSessions.createdAt))
          .limit(keep)
        await transaction
          .delete(pageSessions)
          .where(and(eq(pageSessions.userId, userId), notInArray(pageSessions.id, kept)))
        return null
      }),

    async find(hash, { now, idleSince }) {
      const live = { now: now.toISOString(), idleSince: idleSince.toISOString() }
      const [row] = await lookUp(({ findSession }, node) =>
        findSession.execute({ hash, ...live, ...node }),
      )
      return isFound(row) ? row : null
    },

    list: (userId, live) =>
      access.read(async (queries) =>
        queries
          .select(sessionColumns)
          .from(pageSessions)
          .where(and(eq(pageSessions.userId, userId), isLive(live)))
          .orderBy(desc(pageSessions.lastUsedAt), desc(pageSessions.createdAt)),
      ),

    touch: (id, now) =>
      access.change(async (transaction) => {
        await transaction
          .update(pageSessions)
          .set({ lastUsedAt: now })
          .where(and(eq(pageSessions.id, id), lt(pageSessions.lastUsedAt, now)))
      }),

    async end(id, userId) {
      if (!isUuid(id)) return null
      return access.change(async (transaction) => {
        const ofUser = userId === undefined ? undefined : eq(pageSessions.userId, userId)
        return only(
          await transaction
            .delete(pageSessions)
            .where(and(eq(pageSessions.id, id), ofUser))
            .returning(storedColumns),
        )
      })
    },

    removeEnded: ({ now, idleSince }) =>
      access.change(async (transaction) => {
        const removed = await transaction
          .delete(pageSessions)
          .where(or(lt(pageSessions.expiresAt, now), lt(pageSessions.lastUsedAt, idleSince)))
          .returning({ id: pageSessions.id })
        return removed.length
      }),
  }
}

function refusalOf(user: UserRow | undefined, token: FirstToken | null): RefusedSession | null {
  if (user === undefined) return 'owner-deleted'
  if (user.status !== 'ACTIVE') return 'owner-suspended'
  const { signedOutAt, signedOutTokens } = user
  const signOut = { signedOutAt, signedOutTokens: Object.keys(signedOutTokens) }
  return token !== null && signOutRefusal(signOut, token) !== null ? 'owner-signed-out' : null
}

type FoundRow = Awaited<ReturnType<DirectoryQueries['findSession']['execute']>>[number]

function isFound(row: FoundRow): row is FoundRow & StoredSession {
  return row.id !== null
}
