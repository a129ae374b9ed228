import { eq, inArray } from 'drizzle-orm'
import type { Actor } from '../audit/actor.ts'
import type { ApiKey } from '../keys/api-key.ts'
import type { KeyChange, WideningBounds } from '../keys/store.ts'
import { sorted } from '../scopes.ts'
import { type AuditedChange, differences, record } from './audit-trail.ts'
import { liveDescendants, lockKey, requireRow } from './key-changes.ts'
import { type KeyRow, keyColumns, toApiKey } from './key-rows.ts'
import { apiKeys, users } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** @param check gets `bounds` for a change that adds scopes, otherwise `null` */
export async function updateKey(
  transaction: Transaction,
  id: string,
  change: KeyChange,
  by: Actor,
  check?: (before: ApiKey, bounds: WideningBounds | null) => void,
): Promise<ApiKey | null> {
  const before = await lockKey(transaction, id)
  if (before === undefined || before.revokedAt !== null) return null
  const bounds = change.addScopes === undefined ? null : await readBounds(transaction, before)
  check?.(toApiKey(before), bounds)
  const set = {
    ...(change.name !== undefined && { name: change.name }),
    ...(change.description !== undefined && { description: change.description }),
    ...(change.metadata !== undefined && { metadata: change.metadata }),
    scopes: scopesAfter(before.scopes, change),
  }
  const wanted = { ...before, ...set }
  const details = differences(before, wanted, ['name', 'description', 'metadata', 'scopes'])
  if (Object.keys(details).length === 0) return toApiKey(before)
  const narrows = before.scopes.some((scope) => !set.scopes.includes(scope))
  const descendants = narrows ? await readDescendants(transaction, id) : []
  const [row] = await transaction
    .update(apiKeys)
    .set(set)
    .where(eq(apiKeys.id, id))
    .returning(keyColumns)
  const after = requireRow(row)
  await record(transaction, by, [
    ...changesOf(before, after),
    ...(await narrowedDescendants(transaction, id, descendants)),
  ])
  return toApiKey(after)
}

/** The scopes of a key after a change, without those that `change` would add by `scopes`. */
function scopesAfter(held: readonly string[], { scopes, addScopes }: KeyChange): string[] {
  if (addScopes !== undefined) return [...sorted([...held, ...addScopes])]
  return scopes === undefined ? [...held] : sorted(scopes).filter((scope) => held.includes(scope))
}

/** Added scopes have an event of their own, so that an alert can be set on them. */
function changesOf(before: KeyRow, after: KeyRow): readonly AuditedChange[] {
  const targetId = after.id
  const widens = after.scopes.some((scope) => !before.scopes.includes(scope))
  const widened = widens ? differences(before, after, ['scopes']) : {}
  const updated = differences(before, after, [
    'name',
    'description',
    'metadata',
    ...(widens ? [] : (['scopes'] as const)),
  ])
  return [
    { type: 'api_key.updated' as const, targetId, details: updated },
    { type: 'api_key.widened' as const, targetId, details: widened },
  ].filter(({ details }) => Object.keys(details).length > 0)
}

/** The owner is locked, so neither its grant nor its other keys change before the commit. */
async function readBounds(transaction: Transaction, key: KeyRow): Promise<WideningBounds> {
  const [owner] = await transaction
    .select({ ceiling: users.scopes, issuerCeiling: users.issuerScopes })
    .from(users)
    .where(eq(users.id, key.ownerId))
  if (owner === undefined) throw new Error('The owner of a locked key does not exist.')
  if (key.parentId === null) return { grant: owner, parentScopes: null }
  const [parent] = await transaction
    .select({ scopes: apiKeys.lineageScopes })
    .from(apiKeys)
    .where(eq(apiKeys.id, key.parentId))
  return { grant: owner, parentScopes: parent?.scopes ?? [] }
}

type Scopes = Pick<KeyRow, 'id' | 'scopes'>

async function readDescendants(transaction: Transaction, id: string): Promise<readonly Scopes[]> {
  return readScopes(transaction, await liveDescendants(transaction, id))
}

async function readScopes(
  transaction: Transaction,
  ids: readonly string[],
): Promise<readonly Scopes[]> {
  if (ids.length === 0) return []
  return transaction
    .select({ id: apiKeys.id, scopes: apiKeys.scopes })
    .from(apiKeys)
    .where(inArray(apiKeys.id, [...ids]))
}

/** A trigger has removed the scopes from the descendants too. */
async function narrowedDescendants(
  transaction: Transaction,
  ancestorId: string,
  before: readonly Scopes[],
): Promise<readonly AuditedChange[]> {
  const rows = await readScopes(
    transaction,
    before.map(({ id }) => id),
  )
  const after = new Map(rows.map((row) => [row.id, row]))
  return before.flatMap((row) => {
    const details = differences(row, after.get(row.id) ?? row, ['scopes'])
    return Object.keys(details).length === 0
      ? []
      : [{ type: 'api_key.updated', targetId: row.id, details: { ...details, ancestorId } }]
  })
}
