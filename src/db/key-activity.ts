import { and, gt, isNull, lte, or, sql } from 'drizzle-orm'
import type { KeyActivity } from '../keys/store.ts'
import { isUuid } from '../uuid.ts'
import type { Queries } from './link.ts'
import { apiKeys } from './tables.ts'
import { textArray } from './text-array.ts'

const maxRows = 500

/** Reads the unrevoked keys of the owners, of which there are few: see `KeyStore.findActivity`. */
export async function findActivity(
  queries: Queries,
  ownerIds: readonly string[],
  since: Date,
  now: Date,
): Promise<readonly KeyActivity[]> {
  const owners = ownerIds.filter(isUuid)
  if (owners.length === 0) return []
  const { id, ownerId, lastUsedAt, lineageExpiresAt } = apiKeys
  return queries
    .select({ id, ownerId, lastUsedAt, lineageExpiresAt })
    .from(apiKeys)
    .where(
      and(
        sql`${ownerId} = any (${textArray(owners)}::uuid[])`,
        isNull(apiKeys.revokedAt),
        or(gt(lastUsedAt, since), and(gt(lineageExpiresAt, since), lte(lineageExpiresAt, now))),
      ),
    )
    .limit(maxRows)
}
