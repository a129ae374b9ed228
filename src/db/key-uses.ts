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
  const times = textArray(byKey.map(({ lastUsedAt }) => lastUsedAt.toISOString()))
  const previousTimes = textArray(
    byKey.map(({ previousLastUsedAt }) => previousLastUsedAt?.toISOString()),
  )
  const needs = byKey.flatMap(({ keyId, scopes }) => scopes.map((use) => ({ keyId, ...use })))
  const scopeIds = textArray(needs.map(({ keyId }) => keyId))
  const scopes = textArray(needs.map(({ scope }) => scope))
  const scopeTimes = textArray(needs.map(({ lastUsedAt }) => lastUsedAt.toISOString()))
  return sql`
    with noted as (
      update ${apiKeys} as stored set
        last_used_at = greatest(stored.last_used_at, used.at),
        previous_last_used_at = case when used.previous_at >= stored.rotated_at
          then greatest(stored.previous_last_used_at, used.previous_at)
          else stored.previous_last_used_at end
      from unnest(${ids}::text[], ${times}::timestamptz[], ${previousTimes}::timestamptz[])
        as used (id, at, previous_at)
      where stored.id = used.id
      returning stored.id
    )
    insert into ${apiKeyScopeUses} as known (key_id, scope, last_used_at)
    select needed.key_id, needed.scope, needed.at
    from unnest(${scopeIds}::text[], ${scopes}::text[], ${scopeTimes}::timestamptz[])
        as needed (key_id, scope, at)
      join noted on noted.id = needed.key_id
    on conflict (key_id, scope) do update set last_used_at = excluded.last_used_at
      where known.last_used_at < excluded.last_used_at`
}

/** As PostgreSQL writes arrays (section 8.15.2); `undefined` is null. */
function textArray(values: readonly (string | undefined)[]): string {
  const elements = values.map((value) =>
    value === undefined ? 'null' : `"${value.replace(/[\\"]/g, '\\$&')}"`,
  )
  return `{${elements.join(',')}}`
}
