import { sql } from 'drizzle-orm'
import type { EraseLimits } from '../keys/store.ts'
import { apiKeys } from './tables.ts'
import type { Access } from './transactions.ts'

const batchSize = 500

/**
 * Erases the hashes of secrets that no longer authenticate anyone. No secret has the empty hash, so no
 * later change of the row makes the key work again. The other columns stay readable.
 *
 * The ids are collected into an array, because PostgreSQL may plan a sequential scan for a subquery.
 */
export async function eraseDeadSecrets(access: Access, limits: EraseLimits): Promise<number> {
  const grace = sql`${limits.grace.toISOString()}::timestamptz`
  const death = sql`${limits.death.toISOString()}::timestamptz`
  const [space, number] = access.schema.lockKey(4)
  return access.change(async (transaction) => {
    const [lock] = await transaction.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(${space}::int, ${number}::int) as mine`,
    )
    if (lock?.mine !== true) return 0
    const erased = await transaction.execute(sql`
      update ${apiKeys} set
        secret_hash = case
          when revoked_at < ${death} or lineage_expires_at < ${death} then ''
          else secret_hash end,
        secret_pepper = case
          when revoked_at < ${death} or lineage_expires_at < ${death} then null
          else secret_pepper end,
        last_used_address = case
          when revoked_at < ${death} or lineage_expires_at < ${death} then null
          else last_used_address end,
        last_used_agent = case
          when revoked_at < ${death} or lineage_expires_at < ${death} then null
          else last_used_agent end,
        previous_secret_hash = null,
        previous_secret_pepper = null,
        previous_last_used_address = null,
        previous_last_used_agent = null
      where id = any (array(
        (select id from ${apiKeys} where previous_secret_hash is not null
          and previous_expires_at < ${grace} limit ${batchSize})
        union
        (select id from ${apiKeys} where revoked_at is not null and secret_hash <> ''
          and revoked_at < ${death} limit ${batchSize})
        union
        (select id from ${apiKeys} where lineage_expires_at is not null and secret_hash <> ''
          and lineage_expires_at < ${death} limit ${batchSize})
      ))
      and (previous_expires_at < ${grace} or revoked_at < ${death} or lineage_expires_at < ${death})
      returning id`)
    return erased.length
  })
}
