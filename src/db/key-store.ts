import { and, count, eq, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import type { ApiKey, ApiKeyStatus } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { KeyFilter, KeyStore } from '../keys/store.ts'
import type { Page, PageRequest } from '../pagination.ts'
import { isUuid } from '../uuid.ts'
import { eraseDeadSecrets } from './dead-secrets.ts'
import {
  expirePrevious,
  insertKey,
  isLive,
  revokeAllKeys,
  revokeKey,
  rotateKey,
} from './key-changes.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
import { keyset, toPage } from './keyset.ts'
import type { Queries } from './link.ts'
import { findScopeUses } from './scope-uses.ts'
import { apiKeys } from './tables.ts'
import type { Access } from './transactions.ts'
import { updateKey } from './update-key.ts'

export function createKeyStore(access: Access): KeyStore {
  return {
    async find(id, ownerId) {
      if (!isKeyId(id)) return null
      const owned = ownerId === undefined ? undefined : eq(apiKeys.ownerId, ownerId)
      const [row] = await access.read((queries) =>
        queries
          .select(keyColumns)
          .from(apiKeys)
          .where(and(eq(apiKeys.id, id), owned)),
      )
      return row === undefined ? null : toApiKey(row)
    },

    async findMany(ids) {
      const possible = ids.filter(isKeyId)
      if (possible.length === 0) return ids.map(() => null)
      const rows = await access.read((queries) =>
        queries.select(keyColumns).from(apiKeys).where(inArray(apiKeys.id, possible)),
      )
      const byId = new Map(rows.map((row) => [row.id, toApiKey(row)]))
      return ids.map((id) => byId.get(id) ?? null)
    },

    list: (filter, page) => access.readList((queries) => list(queries, filter, page)),

    count: (filter) =>
      access.readList(async (queries) => {
        const [row] = await queries.select({ count: count() }).from(apiKeys).where(matches(filter))
        return row?.count ?? 0
      }),

    async isWithin(id, ancestorId) {
      if (!isKeyId(id) || !isKeyId(ancestorId)) return false
      const [row] = await access.read((queries) =>
        queries.execute<{ within: boolean }>(sql`
          with recursive line (id, parent_id) as (
            select id, parent_id from ${apiKeys} where id = ${id}
            union all
            select parent.id, parent.parent_id
            from ${apiKeys} parent join line on parent.id = line.parent_id
          )
          select exists (select from line where id = ${ancestorId}) as within`),
      )
      return row?.within === true
    },

    insert: async (key, limit, by) =>
      isUuid(key.ownerId) ? access.change((tx) => insertKey(tx, key, limit, by)) : 'parent-gone',
    update: async (id, change, by, check) =>
      isKeyId(id) ? access.change((tx) => updateKey(tx, id, change, by, check)) : null,
    rotate: async (id, rotation, by) =>
      isKeyId(id) ? access.change((tx) => rotateKey(tx, id, rotation, by)) : null,
    revoke: async (id, reason, now, by) =>
      isKeyId(id) ? access.change((tx) => revokeKey(tx, id, reason, now, by)) : null,
    expirePrevious: async (id, now, by) =>
      isKeyId(id) ? access.change((tx) => expirePrevious(tx, id, now, by)) : null,
    revokeAll: async (ownerId, reason, now, by) =>
      isUuid(ownerId) ? access.change((tx) => revokeAllKeys(tx, ownerId, reason, now, by)) : null,
    findScopeUses: (ids) => findScopeUses(access, ids),
    eraseDeadSecrets: (limits) => eraseDeadSecrets(access, limits),
  }
}

async function list(queries: Queries, filter: KeyFilter, page: PageRequest): Promise<Page<ApiKey>> {
  const { where, orderBy, limit } = keyset(apiKeys.createdAt, apiKeys.id, page)
  const rows = await queries
    .select(keyColumns)
    .from(apiKeys)
    .where(and(matches(filter), where))
    .orderBy(...orderBy)
    .limit(limit)
  return toPage(rows, page, toApiKey)
}

function matches({ ownerId, status, now }: KeyFilter): SQL | undefined {
  if (!isUuid(ownerId)) return sql`false`
  return and(eq(apiKeys.ownerId, ownerId), status === null ? undefined : hasStatus(status, now))
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
