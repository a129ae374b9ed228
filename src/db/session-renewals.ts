import { and, eq, isNull, lt, or, type SQL } from 'drizzle-orm'
import type { SessionStore } from '../sessions/store.ts'
import { only, storedColumns } from './session-rows.ts'
import { pageSessions } from './tables.ts'
import type { Access, Transaction } from './transactions.ts'

type SessionRenewals = Pick<
  SessionStore,
  'claimRenewal' | 'postponeRenewal' | 'renew' | 'endRenewal'
>

/** The renewal of the tokens of sessions: by the caller that holds the claim, and by no other one. */
export function sessionRenewals(access: Access): SessionRenewals {
  return {
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
            .returning(storedColumns),
        ),
      ),

    postponeRenewal: (id, claim, until) =>
      access.change(async (transaction) => {
        await transaction
          .update(pageSessions)
          .set({ renewingUntil: until })
          .where(isClaimed(id, claim))
      }),

    renew: (id, claim, tokens) =>
      access.change(async (transaction) => {
        const renewed = await transaction
          .update(pageSessions)
          .set({ ...tokens, renewingUntil: null })
          .where(isClaimed(id, claim))
          .returning({ id: pageSessions.id })
        return renewed.length > 0 ? 'renewed' : await supersededOrEnded(transaction, id)
      }),

    endRenewal: (id, claim) =>
      access.change(async (transaction) => {
        await transaction.delete(pageSessions).where(isClaimed(id, claim))
        return await supersededOrEnded(transaction, id)
      }),
  }
}

function isClaimed(id: string, claim: Date): SQL | undefined {
  return and(eq(pageSessions.id, id), eq(pageSessions.renewingUntil, claim))
}

async function supersededOrEnded(transaction: Transaction, id: string) {
  const left = await transaction
    .select({ id: pageSessions.id })
    .from(pageSessions)
    .where(eq(pageSessions.id, id))
  return left.length > 0 ? 'superseded' : 'ended'
}
