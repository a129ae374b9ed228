import { inArray } from 'drizzle-orm'
import type { ScopeUse } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import { apiKeyScopeUses } from './tables.ts'
import type { Access } from './transactions.ts'

export async function findScopeUses(
  access: Access,
  ids: readonly string[],
): Promise<readonly (readonly ScopeUse[])[]> {
  const possible = ids.filter(isKeyId)
  if (possible.length === 0) return ids.map(() => [])
  const rows = await access.read((queries) =>
    queries.select().from(apiKeyScopeUses).where(inArray(apiKeyScopeUses.keyId, possible)),
  )
  rows.sort((a, b) => (a.scope < b.scope ? -1 : 1))
  const byKey = new Map<string, ScopeUse[]>()
  for (const { keyId, scope, lastUsedAt } of rows) {
    const uses = byKey.get(keyId) ?? []
    uses.push({ scope, lastUsedAt })
    byKey.set(keyId, uses)
  }
  return ids.map((id) => byKey.get(id) ?? [])
}
