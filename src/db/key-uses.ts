import { type SQL, sql } from 'drizzle-orm'
import type { KeyUses } from '../credentials/directory.ts'
import { apiKeyScopeUses, apiKeys } from './tables.ts'
import { textArray } from './text-array.ts'
import type { Transaction } from './transactions.ts'

/**
 * Writes uses of keys and of scopes. A time never goes back, and a key that no longer exists is
 * skipped. A use of the previous secret from before the last rotation is ignored, because that secret
 * no longer works.
 *
 * The statement does not wait for locks: a key whose row another transaction holds is skipped. A slow
 * change of one key therefore does not delay the uses of others, and two nodes that write uses of the
 * same keys cannot deadlock. The lock on the row of a key also guards the rows of its scopes.
 *
 * The ids are collected into an array, because PostgreSQL may plan a sequential scan for a join.
 *
 * @returns ids of the keys that were skipped because their rows were locked
 */
export async function writeUses(
  transaction: Transaction,
  uses: readonly KeyUses[],
): Promise<string[]> {
  const rows = await transaction.execute<{ id: string }>(latestUses(uses))
  return rows.map(({ id }) => id)
}

function latestUses(uses: readonly KeyUses[]): SQL {
  const ids = textArray(uses.map(({ keyId }) => keyId))
  const times = timeArray(uses.map(({ lastUsedAt }) => lastUsedAt))
  const previousTimes = timeArray(uses.map(({ previousLastUsedAt }) => previousLastUsedAt))
  const addresses = textArray(uses.map(({ lastUsedFrom }) => lastUsedFrom?.address ?? null))
  const agents = textArray(uses.map(({ lastUsedFrom }) => lastUsedFrom?.userAgent ?? null))
  const previous = uses.map(({ previousLastUsedFrom }) => previousLastUsedFrom ?? null)
  const previousAddresses = textArray(previous.map((from) => from?.address ?? null))
  const previousAgents = textArray(previous.map((from) => from?.userAgent ?? null))
  const needs = uses.flatMap(({ keyId, scopes }) => scopes.map((use) => ({ keyId, ...use })))
  const scopeIds = textArray(needs.map(({ keyId }) => keyId))
  const scopes = textArray(needs.map(({ scope }) => scope))
  const scopeTimes = timeArray(needs.map(({ lastUsedAt }) => lastUsedAt))
  return sql`
    with used as materialized (
      select id, ${toInstant(sql`at`)} as at, ${toInstant(sql`previous_at`)} as previous_at,
        address, agent, previous_address, previous_agent
      from unnest(${ids}::text[], ${times}::float8[], ${previousTimes}::float8[], ${addresses}::text[],
          ${agents}::text[], ${previousAddresses}::text[], ${previousAgents}::text[])
        as given (id, at, previous_at, address, agent, previous_address, previous_agent)
    ),
    held as materialized (
      select id from ${apiKeys} where id = any (array(select id from used))
      for no key update skip locked
    ),
    noted as (
      update ${apiKeys} as stored set
        last_used_at = greatest(stored.last_used_at, used.at),
        last_used_address = case when ${isLater} then used.address else stored.last_used_address end,
        last_used_agent = case when ${isLater} then used.agent else stored.last_used_agent end,
        previous_last_used_at = case when ${isLaterOfPrevious}
          then used.previous_at else stored.previous_last_used_at end,
        previous_last_used_address = case when ${isLaterOfPrevious}
          then used.previous_address else stored.previous_last_used_address end,
        previous_last_used_agent = case when ${isLaterOfPrevious}
          then used.previous_agent else stored.previous_last_used_agent end
      from used
      where stored.id = any (array(select id from held)) and stored.id = used.id
        -- Another node may have written a later use. Then the row is not written.
        and (${isLater} or ${isLaterOfPrevious})
    ),
    needed as (
      insert into ${apiKeyScopeUses} as known (key_id, scope, last_used_at)
      select given.key_id, given.scope, ${toInstant(sql`given.at`)}
      from unnest(${scopeIds}::text[], ${scopes}::text[], ${scopeTimes}::float8[])
          as given (key_id, scope, at)
        join held on held.id = given.key_id
      on conflict (key_id, scope) do update set last_used_at = excluded.last_used_at
        where known.last_used_at < excluded.last_used_at
    )
    select id from ${apiKeys} where id = any (array(select id from used except select id from held))`
}

const isLater = sql`(stored.last_used_at is null or stored.last_used_at < used.at)`
const isLaterOfPrevious = sql`(used.previous_at >= stored.rotated_at and (stored.previous_last_used_at is null
  or stored.previous_last_used_at < used.previous_at))`

/**
 * Converts milliseconds since the epoch. For tens of thousands of values this is faster than passing
 * dates.
 */
const toInstant = (milliseconds: SQL) => sql`to_timestamp(${milliseconds} / 1000.0)::timestamptz(3)`

function timeArray(times: readonly (Date | null)[]): string {
  return `{${times.map((time) => time?.getTime() ?? 'null').join(',')}}`
}
