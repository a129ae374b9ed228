import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import {
  type FoundKey,
  type FoundKeysRequest,
  type HealthFilter,
  type HealthTimes,
  type KeyFinding,
  maxCounted,
} from '../keys/health.ts'
import type { KeyStore } from '../keys/store.ts'
import type { Page, Position } from '../pagination.ts'
import { isUuid } from '../uuid.ts'
import { isLive } from './key-changes.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
import type { Queries } from './link.ts'
import { apiKeys, users } from './tables.ts'
import type { Access } from './transactions.ts'
import { toUuid } from './user-rows.ts'

/**
 * The queries for findings about keys. The list of a finding is in the order of an index, which holds few keys
 * without the finding, so the time for a page does not depend on the number of keys.
 */
export function createKeyFindings(access: Access): Pick<KeyStore, 'listFound' | 'countFound'> {
  return {
    async listFound(finding, filter, request) {
      if (!isPossible(filter)) return { rows: [], more: false }
      return access.readList((queries) => list(queries, finding, filter, request))
    },
    async countFound(finding, filter) {
      if (!isPossible(filter)) return 0
      return access.readList((queries) => count(queries, finding, filter))
    },
  }
}

function isPossible({ ownerId }: HealthFilter): boolean {
  return ownerId === null || isUuid(ownerId)
}

/** The order of the keys with a finding: by `at`, then by id. */
interface FindingRules {
  readonly matches: (times: HealthTimes) => SQL | undefined
  readonly at: SQL | (typeof apiKeys)[keyof typeof keyColumns | 'lastUsedFloor']
  readonly descending: boolean
}

// The condition on the hash is that of the indexes: keys that expired long ago have none.
const hasHash = sql`${apiKeys.secretHash} <> ''`
const instant = (date: Date) => sql`${date.toISOString()}::timestamptz`

const rules: Readonly<Record<Exclude<KeyFinding, 'OWNER_SUSPENDED'>, FindingRules>> = {
  NEVER_EXPIRES: {
    matches: () => sql`${apiKeys.revokedAt} is null and ${apiKeys.lineageExpiresAt} is null`,
    at: apiKeys.createdAt,
    descending: true,
  },
  // `last_used_floor` is at most the last use, which decides. `-infinity`: the key is older than the column.
  IDLE: {
    matches: ({ now, idleBefore }) =>
      and(
        hasHash,
        isLive(now),
        sql`${apiKeys.lastUsedFloor} > '-infinity' and ${apiKeys.lastUsedFloor} < ${instant(idleBefore)}`,
        sql`coalesce(${apiKeys.lastUsedAt}, ${apiKeys.createdAt}) < ${instant(idleBefore)}`,
      ),
    at: apiKeys.lastUsedFloor,
    descending: false,
  },
  UNUSED_SCOPES: {
    matches: ({ now, unusedScopesBefore }) =>
      and(
        hasHash,
        isLive(now),
        sql`${apiKeys.usedScopes} > 0 and ${apiKeys.usedScopes} < cardinality(${apiKeys.scopes})`,
        sql`${apiKeys.createdAt} < ${instant(unusedScopesBefore)}`,
      ),
    at: apiKeys.createdAt,
    descending: true,
  },
  EXPIRES_SOON: {
    matches: ({ now, expiresSoonUntil }) =>
      and(
        sql`${apiKeys.revokedAt} is null and ${apiKeys.lineageExpiresAt} is not null`,
        sql`${apiKeys.lineageExpiresAt} > ${instant(now)}`,
        sql`${apiKeys.lineageExpiresAt} <= ${instant(expiresSoonUntil)}`,
      ),
    at: apiKeys.lineageExpiresAt,
    descending: false,
  },
  PREVIOUS_SECRET_USED: {
    matches: ({ now }) =>
      and(
        isLive(now),
        sql`${apiKeys.previousUsed}`,
        sql`${apiKeys.previousExpiresAt} > ${instant(now)}`,
      ),
    at: apiKeys.previousExpiresAt,
    descending: false,
  },
}

async function list(
  queries: Queries,
  finding: KeyFinding,
  { ownerId, times }: HealthFilter,
  request: FoundKeysRequest,
): Promise<Page<FoundKey>> {
  if (finding === 'OWNER_SUSPENDED') return listOfSuspended(queries, ownerId, times, request)
  const { matches, at, descending } = rules[finding]
  const { after, limit } = request
  const rows = await queries
    .select({ ...keyColumns, at: sql<Date>`${at}`.mapWith(apiKeys.createdAt) })
    .from(apiKeys)
    .where(
      and(
        isOwned(ownerId),
        matches(times),
        after === null ? undefined : isAfter(at, after, descending),
      ),
    )
    .orderBy(...[at, apiKeys.id].map((column) => (descending ? desc(column) : asc(column))))
    .limit(limit + 1)
  return pageOf(rows, limit, ({ at, ...row }) => ({
    key: toApiKey(row),
    position: { at, id: row.id },
  }))
}

function isAfter(at: FindingRules['at'], position: Position, descending: boolean): SQL {
  const row = sql`(${at}, ${apiKeys.id})`
  const of = sql`(${instant(position.at)}, ${position.id})`
  return descending ? sql`${row} < ${of}` : sql`${row} > ${of}`
}

/**
 * The active keys of suspended users, in the order of the users: the newest user first, and its keys by id. The
 * id of a position is that of the user and that of the key, joined by a hyphen.
 */
async function listOfSuspended(
  queries: Queries,
  ownerId: string | null,
  { now }: HealthTimes,
  { after, limit }: FoundKeysRequest,
): Promise<Page<FoundKey>> {
  const rows = await queries
    .select({ ...keyColumns, at: users.createdAt, userId: users.id })
    .from(users)
    .innerJoin(apiKeys, eq(apiKeys.ownerId, users.id))
    .where(and(isSuspended(ownerId), isLive(now), after === null ? undefined : isAfterOwner(after)))
    .orderBy(desc(users.createdAt), desc(users.id), desc(apiKeys.id))
    .limit(limit + 1)
  return pageOf(rows, limit, ({ at, userId, ...row }) => ({
    key: toApiKey(row),
    position: { at, id: `${userId}-${row.id}` },
  }))
}

function isAfterOwner({ at, id }: Position): SQL | undefined {
  const userId = toUuid(id.slice(0, 36))
  const owner = sql`(${users.createdAt}, ${users.id}) <= (${instant(at)}, ${userId})`
  return and(
    // The first comparison is on an index.
    owner,
    sql`(${users.createdAt}, ${users.id}, ${apiKeys.id}) < (${instant(at)}, ${userId}, ${id.slice(37)})`,
  )
}

function isSuspended(ownerId: string | null): SQL | undefined {
  return and(eq(users.status, 'SUSPENDED'), ownerId === null ? undefined : eq(users.id, ownerId))
}

function isOwned(ownerId: string | null): SQL | undefined {
  return ownerId === null ? undefined : eq(apiKeys.ownerId, ownerId)
}

async function count(
  queries: Queries,
  finding: KeyFinding,
  { ownerId, times }: HealthFilter,
): Promise<number> {
  const found =
    finding === 'OWNER_SUSPENDED'
      ? // The inner limit keeps PostgreSQL from reading all keys in order to join them.
        sql`${users} cross join lateral (
          select from ${apiKeys} where ${apiKeys.ownerId} = ${users.id} and ${isLive(times.now)}
          limit ${maxCounted}
        ) as owned where ${isSuspended(ownerId)}`
      : sql`${apiKeys} where ${and(isOwned(ownerId), rules[finding].matches(times))}`
  const [row] = await queries.execute<{ count: number }>(
    sql`select count(*)::int as count from (select from ${found} limit ${maxCounted}) as found`,
  )
  return row?.count ?? 0
}

function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  map: (row: Row) => FoundKey,
): Page<FoundKey> {
  return { rows: rows.slice(0, limit).map(map), more: rows.length > limit }
}
