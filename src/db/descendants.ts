import { sql } from 'drizzle-orm'
import type { ApiKey } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import { maxDescendants } from '../keys/rules.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
import type { Queries } from './link.ts'
import { apiKeys } from './tables.ts'
import { textArray } from './text-array.ts'

/** The most descendants of one key that are read, to choose those that are returned. */
const maxRead = 1_000

/** Returns the descendants of each key in two queries, see `KeyStore.findDescendants`. */
export async function findDescendants(
  queries: Queries,
  ids: readonly string[],
): Promise<readonly (readonly ApiKey[])[]> {
  const possible = [...new Set(ids.filter(isKeyId))]
  if (possible.length === 0) return ids.map(() => [])
  const found = await queries.execute<{ ancestor: string; id: string }>(lines(possible))
  if (found.length === 0) return ids.map(() => [])
  const wanted = textArray([...new Set(found.map(({ id }) => id))])
  const rows = await queries
    .select(keyColumns)
    .from(apiKeys)
    .where(sql`${apiKeys.id} = any (${wanted}::text[])`)
  const byId = new Map(rows.map((row) => [row.id, toApiKey(row)]))
  const byAncestor = new Map<string, ApiKey[]>(possible.map((id) => [id, []]))
  for (const { ancestor, id } of found) {
    const key = byId.get(id)
    if (key !== undefined) byAncestor.get(ancestor)?.push(key)
  }
  return ids.map((id) => byAncestor.get(id) ?? [])
}

/**
 * PostgreSQL computes a recursive query level by level and stops at the limit, so that a key with very many
 * descendants costs no more than others. A key that is not revoked has no revoked ancestor, so the parent of each
 * key that is returned is returned too.
 */
const lines = (ids: readonly string[]) => sql`
  select given.id as ancestor, below.id
  from unnest(${textArray(ids)}::text[]) as given (id), lateral (
    select stored.id from (
      with recursive line (id) as (
        select id from ${apiKeys} where parent_id = given.id
        union all
        select child.id from ${apiKeys} child join line on child.parent_id = line.id
      )
      select id from line limit ${maxRead}
    ) as line join ${apiKeys} as stored on stored.id = line.id
    order by stored.revoked_at is not null, stored.depth, stored.created_at desc, stored.id
    limit ${maxDescendants}
  ) as below`
