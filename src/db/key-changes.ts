import { and, count, eq, gt, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Actor } from '../audit/actor.ts'
import type { JsonObject } from '../json.ts'
import type { ApiKey } from '../keys/api-key.ts'
import { maxLineageDepth } from '../keys/rules.ts'
import type { InsertedKey, NewKey, Revocation, Rotation } from '../keys/store.ts'
import { holdsAll, sorted } from '../scopes.ts'
import { record } from './audit-trail.ts'
import { type KeyRow, keyColumns, toApiKey } from './key-rows.ts'
import { lockOwner } from './owner-rows.ts'
import { apiKeys } from './tables.ts'
import { textArray } from './text-array.ts'
import { RollbackWith, type Transaction } from './transactions.ts'

/** The condition that a key is neither revoked nor expired. */
export function isLive(now: Date): SQL | undefined {
  return and(
    isNull(apiKeys.revokedAt),
    or(isNull(apiKeys.lineageExpiresAt), gt(apiKeys.lineageExpiresAt, now)),
  )
}

export async function insertKey(
  transaction: Transaction,
  key: NewKey,
  limit: number,
  by: Actor,
): Promise<InsertedKey> {
  // If the owner does not exist, the parent does not either.
  if (!(await lockOwner(transaction, key.ownerId))) return 'parent-gone'
  if (key.parentId !== null) {
    const [parent] = await transaction
      .select({ depth: apiKeys.depth, lineageScopes: apiKeys.lineageScopes })
      .from(apiKeys)
      .where(
        and(eq(apiKeys.id, key.parentId), eq(apiKeys.ownerId, key.ownerId), isLive(key.createdAt)),
      )
    if (parent === undefined) return 'parent-gone'
    if (parent.depth >= maxLineageDepth) return 'too-deep'
    const notHeld = key.scopes.filter((scope) => !parent.lineageScopes.includes(scope))
    if (notHeld.length > 0) return { notHeld }
  }
  const [live] = await transaction
    .select({ count: count() })
    .from(apiKeys)
    .where(and(eq(apiKeys.ownerId, key.ownerId), isLive(key.createdAt)))
  if ((live?.count ?? 0) >= limit) return 'limit-reached'

  const [made] = await transaction
    .insert(apiKeys)
    .values({ ...key, scopes: [...sorted(key.scopes)] })
    .onConflictDoNothing({ target: apiKeys.id })
    .returning(keyColumns)
  if (made === undefined) return 'id-taken'
  // Another session has revoked the parent since.
  if (made.revokedAt !== null) throw new RollbackWith('parent-gone')
  await record(transaction, by, [
    {
      type: 'api_key.created',
      targetId: made.id,
      details: {
        ownerId: made.ownerId,
        parentId: made.parentId,
        name: made.name,
        scopes: made.scopes,
        expiresAt: made.expiresAt?.toISOString() ?? null,
      },
    },
  ])
  return toApiKey(made)
}

export async function rotateKey(
  transaction: Transaction,
  id: string,
  { secretHash, secretPepper, now, previousExpiresAt, force, heldScopes }: Rotation,
  by: Actor,
): Promise<ApiKey | { readonly until: Date } | { readonly widened: true } | null> {
  const until = previousExpiresAt.toISOString()
  const inGrace = previousExpiresAt > now
  // The condition lets one of several concurrent rotations succeed; the others find the grace period
  // running. It also finds scopes that were added since the caller's own scopes were compared.
  const [row] = await transaction
    .update(apiKeys)
    .set({
      previousSecretHash: inGrace ? sql`${apiKeys.secretHash}` : null,
      previousSecretPepper: inGrace ? sql`${apiKeys.secretPepper}` : null,
      previousExpiresAt: inGrace
        ? sql`least(${until}::timestamptz, ${apiKeys.lineageExpiresAt})`
        : null,
      previousLastUsedAt: null,
      previousLastUsedAddress: null,
      previousLastUsedAgent: null,
      secretHash,
      secretPepper,
      rotatedAt: now,
    })
    .where(
      and(
        eq(apiKeys.id, id),
        isLive(now),
        force
          ? undefined
          : or(isNull(apiKeys.previousExpiresAt), lte(apiKeys.previousExpiresAt, now)),
        heldScopes === null
          ? undefined
          : sql`${apiKeys.scopes} <@ ${textArray(heldScopes)}::text[]`,
      ),
    )
    .returning(keyColumns)
  if (row === undefined) {
    const [running] = await transaction
      .select({ until: apiKeys.previousExpiresAt, scopes: apiKeys.scopes })
      .from(apiKeys)
      .where(and(eq(apiKeys.id, id), isLive(now)))
    if (running === undefined) return null
    if (heldScopes !== null && !holdsAll(running.scopes, new Set(heldScopes)))
      return { widened: true }
    return running.until === null ? null : { until: running.until }
  }
  await record(transaction, by, [
    {
      type: 'api_key.rotated',
      targetId: id,
      details: { previousExpiresAt: row.previousExpiresAt?.toISOString() ?? null, force },
    },
  ])
  return toApiKey(row)
}

export async function expirePrevious(
  transaction: Transaction,
  id: string,
  now: Date,
  by: Actor,
): Promise<ApiKey | null> {
  const before = await lockKey(transaction, id)
  if (before === undefined || before.revokedAt !== null) return null
  if (before.lineageExpiresAt !== null && before.lineageExpiresAt <= now) return null
  const { previousExpiresAt, previousLastUsedAt } = before
  if (previousExpiresAt === null || previousExpiresAt <= now) return toApiKey(before)
  const [row] = await transaction
    .update(apiKeys)
    .set({ previousSecretHash: null, previousSecretPepper: null, previousExpiresAt: null })
    .where(eq(apiKeys.id, id))
    .returning(keyColumns)
  await record(transaction, by, [
    {
      type: 'api_key.previous_secret_expired',
      targetId: id,
      details: {
        previousExpiresAt: { from: previousExpiresAt.toISOString(), to: now.toISOString() },
        previousLastUsedAt: previousLastUsedAt?.toISOString() ?? null,
      },
    },
  ])
  return toApiKey(requireRow(row))
}

export async function revokeAllKeys(
  transaction: Transaction,
  ownerId: string,
  reason: string | null,
  now: Date,
  by: Actor,
): Promise<number | null> {
  if (!(await lockOwner(transaction, ownerId))) return null
  const revoked = await transaction
    .update(apiKeys)
    .set({ revokedAt: now, revokedReason: reason })
    .where(and(eq(apiKeys.ownerId, ownerId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  const details: JsonObject = { revokedAt: now.toISOString(), reason, allOf: ownerId }
  await record(
    transaction,
    by,
    revoked.map(({ id }) => ({ type: 'api_key.revoked' as const, targetId: id, details })),
  )
  return revoked.length
}

export async function revokeKey(
  transaction: Transaction,
  id: string,
  reason: string | null,
  now: Date,
  by: Actor,
): Promise<Revocation | null> {
  const before = await lockKey(transaction, id)
  if (before === undefined) return null
  if (before.revokedAt !== null) return { key: toApiKey(before), descendants: [] }
  const below = await liveDescendants(transaction, id)
  await transaction
    .update(apiKeys)
    .set({ revokedAt: now, revokedReason: reason })
    .where(eq(apiKeys.id, id))
  const rows = await transaction
    .select(keyColumns)
    .from(apiKeys)
    .where(inArray(apiKeys.id, [id, ...below]))
  const details: JsonObject = { revokedAt: now.toISOString(), reason }
  await record(
    transaction,
    by,
    rows.map((row) => ({
      type: 'api_key.revoked',
      targetId: row.id,
      details: row.id === id ? details : { ...details, ancestorId: id },
    })),
  )
  return {
    key: toApiKey(requireRow(rows.find((row) => row.id === id))),
    descendants: rows.filter((row) => row.id !== id).map(toApiKey),
  }
}

export async function liveDescendants(transaction: Transaction, id: string): Promise<string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    with recursive below (id) as (
      select id from ${apiKeys} where parent_id = ${id} and revoked_at is null
      union all
      select child.id from ${apiKeys} child join below on child.parent_id = below.id
      where child.revoked_at is null
    )
    select id from below`)
  return rows.map((row) => row.id)
}

/**
 * Locks the owner of a key, so that no other transaction changes the keys of the same owner, and
 * returns the row of the key.
 */
export async function lockKey(transaction: Transaction, id: string): Promise<KeyRow | undefined> {
  const [found] = await transaction
    .select({ ownerId: apiKeys.ownerId })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
  if (found === undefined) return undefined
  await lockOwner(transaction, found.ownerId)
  const [row] = await transaction
    .select(keyColumns)
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
    .for('no key update')
  return row
}

export function requireRow(row: KeyRow | undefined): KeyRow {
  if (row === undefined) throw new Error('A row that was locked or just written does not exist.')
  return row
}
