import { and, count, eq, isNotNull, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { ApiKey, ApiKeyStatus } from '../keys/api-key.ts'
import { idOfStart } from '../keys/key-id.ts'
import type { KeySort, KeySortValue } from '../keys/sort.ts'
import type { KeyFilter } from '../keys/store.ts'
import type { Page, PageRequest } from '../pagination.ts'
import { isUuid } from '../uuid.ts'
import { isLive } from './key-changes.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
import { keyset, newestFirst, type RowOrder, toPage } from './keyset.ts'
import type { Queries } from './link.ts'
import { apiKeys } from './tables.ts'

export async function listKeys(
  queries: Queries,
  filter: KeyFilter,
  page: PageRequest<KeySortValue>,
): Promise<Page<ApiKey>> {
  const { where, orderBy, limit } = keyset(orders[filter.sort ?? 'NEWEST'], page)
  const rows = await queries
    .select(keyColumns)
    .from(apiKeys)
    .where(and(matches(filter), where))
    .orderBy(...orderBy)
    .limit(limit)
  return toPage(rows, page, toApiKey)
}

export async function countKeys(queries: Queries, filter: KeyFilter): Promise<number> {
  const counted = matches({ ...filter, sort: 'NEWEST' })
  const [row] = await queries.select({ count: count() }).from(apiKeys).where(counted)
  return row?.count ?? 0
}

/** Every server sorts by this in the same way: letters without their case, by code point. */
const sortedName = sql`lower(${apiKeys.name}) collate "C"`

const orders: Readonly<Record<KeySort, RowOrder<KeySortValue>>> = {
  NEWEST: newestFirst(apiKeys.createdAt, apiKeys.id) as RowOrder<KeySortValue>,
  NAME: {
    value: sortedName,
    id: apiKeys.id,
    descending: false,
    toValue: (name) => sql`lower(${String(name)}) collate "C"`,
  },
  // No index has this column: a use that writes it then replaces the row in place (HOT). PostgreSQL sorts the
  // keys of the owner.
  LAST_USED: {
    value: sql`coalesce(${apiKeys.lastUsedAt}, '-infinity'::timestamptz)`,
    id: apiKeys.id,
    descending: true,
    toValue: (at) => toTime(at, '-infinity'),
  },
  EXPIRES: {
    value: sql`coalesce(${apiKeys.lineageExpiresAt}, 'infinity'::timestamptz)`,
    id: apiKeys.id,
    descending: false,
    toValue: (at) => toTime(at, 'infinity'),
  },
}

function toTime(value: KeySortValue, none: 'infinity' | '-infinity'): SQL {
  return sql`${value instanceof Date ? value.toISOString() : none}::timestamptz`
}

/** The indexes for `NAME`, `EXPIRES` and the search have the owner as text, see `tables.ts`. */
function matches({ ownerId, status, now, search = null, sort }: KeyFilter): SQL | undefined {
  if (!isUuid(ownerId)) return sql`false`
  const isIndexedByText = sort === 'NAME' || sort === 'EXPIRES'
  return and(
    isIndexedByText ? undefined : eq(apiKeys.ownerId, ownerId),
    isIndexedByText || search !== null
      ? sql`${apiKeys.ownerId}::text = ${ownerId.toLowerCase()}`
      : undefined,
    status === null ? undefined : hasStatus(status, now),
    search === null ? undefined : isFoundBy(search),
  )
}

function hasStatus(status: ApiKeyStatus, now: Date): SQL | undefined {
  switch (status) {
    case 'REVOKED':
      return isNotNull(apiKeys.revokedAt)
    case 'EXPIRED':
      return and(isNull(apiKeys.revokedAt), lte(apiKeys.lineageExpiresAt, now))
    case 'ACTIVE':
      return isLive(now)
  }
}

function isFoundBy(search: string): SQL | undefined {
  // The type `text` of PostgreSQL holds every character except NUL.
  if (search.includes('\0')) return sql`false`
  const pattern = sql`lower(${search.replace(/[\\%_]/g, '\\$&')}) || '%'`
  const id = idOfStart(search)
  return or(sql`${sortedName} like ${pattern}`, id === null ? undefined : eq(apiKeys.id, id))
}
