import { sql } from 'drizzle-orm'
import { apiKeys } from './tables.ts'
import type { Access } from './transactions.ts'

const batchSize = 500

/**
 * Fills the columns for the health of keys that are older than these columns: a trigger computes them. Keys that
 * no finding is about are left out.
 *
 * @param after the last id of the batch before; empty: none
 * @returns the last id of this batch; `null` if no key is left, and while another node fills them
 */
export async function fillHealth(access: Access, after: string): Promise<string | null> {
  const [space, number] = access.schema.lockKey(5)
  return access.change(async (transaction) => {
    const [lock] = await transaction.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(${space}::int, ${number}::int) as mine`,
    )
    if (lock?.mine !== true) return null
    const [filled] = await transaction.execute<{ last: string | null }>(sql`
      with filled as (
        update ${apiKeys} set last_used_floor = last_used_floor
        where id = any (array(
          select id from ${apiKeys}
          where revoked_at is null and secret_hash <> '' and last_used_floor = '-infinity'
            and id > ${after}
          order by last_used_floor, id limit ${batchSize}
        ))
        returning id
      )
      select max(id) as last from filled`)
    return filled?.last ?? null
  })
}
