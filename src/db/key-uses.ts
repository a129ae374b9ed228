import { type SQL, sql } from 'drizzle-orm'
import type { KeyUses } from '../credentials/directory.ts'
import { apiKeyScopeUses, apiKeys } from './tables.ts'

/**
 * Writes uses of keys and of scopes at once. A time never goes back, and a key that is gone is passed
 * over. A use of the previous secret from before the last rotation was of a secret that is gone.
 */
export function latestUses(uses: readonly KeyUses[]): SQL {
  // In one order on every node, so that two seldom wait for each other.
  const byKey = [...uses].sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
  const ids = textArray(byKey.map(({ keyId }) => keyId))
  const times = timeArray(byKey.map(({ lastUsedAt }) => lastUsedAt))
  const previousTimes = timeArray(byKey.map(({ previousLastUsedAt }) => previousLastUsedAt))
  const needs = byKey.flatMap(({ keyId, scopes }) => scopes.map((use) => ({ keyId, ...use })))
  const scopeIds = textArray(needs.map(({ keyId }) => keyId))
  const scopes = textArray(needs.map(({ scope }) => scope))
  const scopeTimes = timeArray(needs.map(({ lastUsedAt }) => lastUsedAt))
  return sql`
    with noted as (
      update ${apiKeys} as stored set
        last_used_at = greatest(stored.last_used_at, ${toInstant(sql`used.at`)}),
        previous_last_used_at = case when ${toInstant(sql`used.previous_at`)} >= stored.rotated_at
          then greatest(stored.previous_last_used_at, ${toInstant(sql`used.previous_at`)})
          else stored.previous_last_used_at end
      from unnest(${ids}::text[], ${times}::float8[], ${previousTimes}::float8[])
        as used (id, at, previous_at)
      where stored.id = used.id
      returning stored.id
    )
    insert into ${apiKeyScopeUses} as known (key_id, scope, last_used_at)
    select needed.key_id, needed.scope, ${toInstant(sql`needed.at`)}
    from unnest(${scopeIds}::text[], ${scopes}::text[], ${scopeTimes}::float8[])
        as needed (key_id, scope, at)
      join noted on noted.id = needed.key_id
    on conflict (key_id, scope) do update set last_used_at = excluded.last_used_at
      where known.last_used_at < excluded.last_used_at`
}

/** From milliseconds since the epoch: tens of thousands are written quicker so than as dates. */
const toInstant = (milliseconds: SQL) => sql`to_timestamp(${milliseconds} / 1000.0)::timestamptz(3)`

function timeArray(times: readonly (Date | null)[]): string {
  return `{${times.map((time) => time?.getTime() ?? 'null').join(',')}}`
}

/** As PostgreSQL writes arrays (section 8.15.2). */
function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
