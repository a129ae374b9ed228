import { and, desc, eq, gt, isNull, lt, notInArray, or, type SQL } from 'drizzle-orm'
import type { LiveSessions, StoredSession } from '../sessions/session.ts'
import type { SessionStore } from '../sessions/store.ts'
import { isUuid } from '../uuid.ts'
import { pageSessions } from './tables.ts'
import type { Access, Transaction } from './transactions.ts'

/** The columns of a row without its tokens. */
const columns = {
  id: pageSessions.id,
  userId: pageSessions.userId,
  createdAt: pageSessions.createdAt,
  lastUsedAt: pageSessions.lastUsedAt,
  expiresAt: pageSessions.expiresAt,
  address: pageSessions.address,
  userAgent: pageSessions.userAgent,
}
const stored = {
  ...columns,
  tokens: pageSessions.tokens,
  tokenExpiresAt: pageSessions.tokenExpiresAt,
}

/**
 * @param prove rejects unless the transaction runs on the primary: a server that lags behind may still have
 *   sessions that have ended
 */
export function createSessionStore(
  access: Access,
  prove: (transaction: Transaction) => Promise<void>,
): SessionStore {
  return {
    insert: ({ secretHash, ...session }, keep) =>
      access.change(async (transaction) => {
        const { userId, createdAt } = session
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
      }),

    find: (secretHash, live) =>
      access.change(async (transaction) => {
        await prove(transaction)
        const [row] = await transaction
          .select(stored)
          .from(pageSessions)
          .where(and(eq(pageSessions.secretHash, secretHash), isLive(live)))
        return row ?? null
      }),

    list: (userId, live) =>
      access.read(async (queries) =>
        queries
          .select(columns)
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
            .returning(stored),
        )
      })
    },

    claimRenewal: (id, now, until) =>
      access.change(async (transaction) =>
        only(
          await transaction
            .update(pageSessions)
            .set({ renewingUntil: until })
            .where(
              and(
                eq(pageSessions.id, id),
                or(isNull(pageSessions.renewingUntil), lt(pageSessions.renewingUntil, now)),
              ),
            )
            .returning(stored),
        ),
      ),

    postponeRenewal: (id, until) =>
      access.change(async (transaction) => {
        await transaction
          .update(pageSessions)
          .set({ renewingUntil: until })
          .where(eq(pageSessions.id, id))
      }),

    renew: (id, tokens) =>
      access.change(async (transaction) => {
        const renewed = await transaction
          .update(pageSessions)
          .set({ ...tokens, renewingUntil: null })
          .where(eq(pageSessions.id, id))
          .returning({ id: pageSessions.id })
        return renewed.length > 0
      }),

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

function isLive({ now, idleSince }: LiveSessions): SQL | undefined {
  return and(gt(pageSessions.expiresAt, now), gt(pageSessions.lastUsedAt, idleSince))
}

function only([row]: readonly StoredSession[]): StoredSession | null {
  return row ?? null
}
