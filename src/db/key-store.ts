import { and, eq, inArray, sql } from 'drizzle-orm'
import { isKeyId } from '../keys/key-id.ts'
import type { KeyStore } from '../keys/store.ts'
import { isUuid } from '../uuid.ts'
import { createAffectedKeys } from './affected-keys.ts'
import { eraseDeadSecrets } from './dead-secrets.ts'
import { findDescendants } from './descendants.ts'
import { fillHealth } from './fill-health.ts'
import { findActivity } from './key-activity.ts'
import { expirePrevious, insertKey, revokeAllKeys, revokeKey, rotateKey } from './key-changes.ts'
import { createKeyFindings } from './key-health.ts'
import { countKeys, listKeys } from './key-lists.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
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

    list: (filter, page) => access.readList((queries) => listKeys(queries, filter, page)),
    count: (filter) => access.readList((queries) => countKeys(queries, filter)),
    findDescendants: (ids) => access.readList((queries) => findDescendants(queries, ids)),

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

    ...createKeyFindings(access),
    ...createAffectedKeys(access),

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
    findActivity: (ownerIds, since, now) =>
      access.readList((queries) => findActivity(queries, ownerIds, since, now)),
    findScopeUses: (ids) => findScopeUses(access, ids),
    eraseDeadSecrets: (limits) => eraseDeadSecrets(access, limits),
    fillHealth: (after) => fillHealth(access, after),
  }
}
