import { and, count, eq, inArray, sql } from 'drizzle-orm'
import type { IssuerMerge, LimitedUser } from '../users/merge.ts'
import { type AuditedChange, differences } from './audit-trail.ts'
import { mergeStandings, narrower, type Standing, standingOfTombstone } from './merged-user.ts'
import { apiKeyScopeUses, apiKeys, deletedUsers, users } from './tables.ts'
import type { Transaction } from './transactions.ts'
import type { UserRow } from './user-rows.ts'

type Tombstone = typeof deletedUsers.$inferSelect

/** The stored rows of one subject: that under the alias, and that under the canonical name. */
interface Pair {
  readonly subject: string
  readonly aliased: UserRow | Tombstone
  readonly canonical: UserRow | Tombstone
}

export interface MergeCounts {
  readonly events: readonly AuditedChange[]
  readonly apiKeys: number
  readonly limited: readonly LimitedUser[]
}

/** Makes one user of the two that each of `subjects` has. */
export async function mergePairs(
  transaction: Transaction,
  merge: IssuerMerge,
  subjects: readonly string[],
): Promise<MergeCounts> {
  const pairs = await readPairs(transaction, merge, subjects)
  const withUser = pairs.filter(({ aliased, canonical }) => isUser(aliased) || isUser(canonical))
  const remaining = withUser.map((pair) => ({ ...pair, user: mergedUser(pair, merge) }))
  // Both rows exist: the aliased one goes, and its keys get the other one as their owner.
  const replaced = pairs.flatMap(({ aliased, canonical }) =>
    isUser(aliased) && isUser(canonical) ? [{ from: aliased.id, to: canonical.id }] : [],
  )
  const apiKeyCount = await countKeys(
    transaction,
    replaced.map(({ from }) => from),
  )
  if (!merge.dryRun) {
    await deleteTombstones(transaction, merge, withUser)
    await moveKeys(transaction, replaced, () =>
      writeUsers(
        transaction,
        remaining.map(({ user }) => user),
      ),
    )
    await writeTombstones(transaction, merge, pairs)
  }
  return {
    events: remaining.map((pair) => eventOf(pair, merge)),
    apiKeys: apiKeyCount,
    limited: remaining.flatMap(limitedUser),
  }
}

function isUser(row: UserRow | Tombstone): row is UserRow {
  return 'id' in row
}

async function readPairs(
  transaction: Transaction,
  { alias, issuer }: IssuerMerge,
  subjects: readonly string[],
): Promise<readonly Pair[]> {
  const names = [alias, issuer]
  const found = new Map<string, UserRow | Tombstone>()
  for (const table of [deletedUsers, users] as const) {
    // Users come last: a tombstone beside a user has no effect.
    const rows: readonly (UserRow | Tombstone)[] = await transaction
      .select()
      .from(table as typeof users)
      .where(and(inArray(table.issuer, names), inArray(table.subject, [...subjects])))
    for (const row of rows) found.set(JSON.stringify([row.issuer, row.subject]), row)
  }
  return subjects.flatMap((subject) => {
    const aliased = found.get(JSON.stringify([alias, subject]))
    const canonical = found.get(JSON.stringify([issuer, subject]))
    return aliased && canonical ? [{ subject, aliased, canonical }] : []
  })
}

function standingOf(row: UserRow | Tombstone): Standing {
  return isUser(row) ? row : standingOfTombstone(row.scopes)
}

function mergedUser({ aliased, canonical }: Pair, merge: IssuerMerge): UserRow {
  const kept = isUser(canonical) ? canonical : (aliased as UserRow)
  const other = kept === canonical ? aliased : canonical
  const standing = mergeStandings(standingOf(kept), standingOf(other), merge.nullListsNothing)
  return {
    ...kept,
    ...standing,
    issuer: merge.issuer,
    email: kept.email ?? (isUser(other) ? other.email : null),
    name: kept.name ?? (isUser(other) ? other.name : null),
  }
}

async function countKeys(transaction: Transaction, owners: readonly string[]): Promise<number> {
  if (owners.length === 0) return 0
  const [row] = await transaction
    .select({ count: count() })
    .from(apiKeys)
    .where(inArray(apiKeys.ownerId, [...owners]))
  return row?.count ?? 0
}

/**
 * Gives the keys of users other owners. A trigger refuses to change the owner of a key, so the keys are deleted
 * together with the earlier owner and inserted again. They are read and written as JSON text, which has every
 * column, also those that this version does not know.
 *
 * @param meanwhile is called while the earlier owners and their keys do not exist
 */
async function moveKeys(
  transaction: Transaction,
  owners: readonly { readonly from: string; readonly to: string }[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  if (owners.length === 0) return await meanwhile()
  const from = owners.map((owner) => owner.from)
  const [saved] = await transaction.execute<{ keys: string; uses: string }>(sql`
    with owner as (
      select * from jsonb_to_recordset(${JSON.stringify(owners)}::text::jsonb) as owner ("from" uuid, "to" uuid)
    )
    select coalesce((
      select jsonb_agg(to_jsonb(key) || jsonb_build_object('owner_id', owner."to"))
      from ${apiKeys} as key join owner on owner."from" = key.owner_id), '[]')::text as keys,
    coalesce((
      select jsonb_agg(to_jsonb(used)) from ${apiKeyScopeUses} as used
      join ${apiKeys} as key on key.id = used.key_id
      join owner on owner."from" = key.owner_id), '[]')::text as uses`)
  await transaction.delete(users).where(inArray(users.id, from))
  await meanwhile()
  // A parent comes before its children, because a trigger reads it.
  await transaction.execute(sql`
    insert into ${apiKeys}
    select * from jsonb_populate_recordset(null::${apiKeys}, ${saved?.keys ?? '[]'}::text::jsonb)
    order by depth`)
  await transaction.execute(sql`
    insert into ${apiKeyScopeUses}
    select * from jsonb_populate_recordset(null::${apiKeyScopeUses}, ${saved?.uses ?? '[]'}::text::jsonb)`)
}

async function writeUsers(transaction: Transaction, rows: readonly UserRow[]): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map((row) => ({
    id: row.id,
    issuer: row.issuer,
    email: row.email,
    name: row.name,
    status: row.status,
    scopes: row.scopes,
    issuer_grants: row.issuerGrants,
    signed_out_at: row.signedOutAt,
    signed_out_tokens: row.signedOutTokens,
  }))
  await transaction.execute(sql`
    update ${users} as kept
    set issuer = merged.issuer, email = merged.email, name = merged.name, status = merged.status,
      scopes = merged.scopes, issuer_grants = merged.issuer_grants,
      signed_out_at = merged.signed_out_at, signed_out_tokens = merged.signed_out_tokens
    from jsonb_populate_recordset(null::${users}, ${JSON.stringify(values)}::text::jsonb) as merged
    where kept.id = merged.id`)
}

/** Deletes the tombstones under the canonical name of subjects that have a user afterwards. */
async function deleteTombstones(
  transaction: Transaction,
  { issuer }: IssuerMerge,
  pairs: readonly Pair[],
): Promise<void> {
  const subjects = pairs.filter(({ canonical }) => !isUser(canonical)).map((pair) => pair.subject)
  if (subjects.length === 0) return
  await transaction
    .delete(deletedUsers)
    .where(and(eq(deletedUsers.issuer, issuer), inArray(deletedUsers.subject, subjects)))
}

/** Writes the tombstones of subjects without a user, and those that remain under the alias. */
async function writeTombstones(
  transaction: Transaction,
  { alias, issuer }: IssuerMerge,
  pairs: readonly Pair[],
): Promise<void> {
  for (const { subject, aliased, canonical } of pairs) {
    if (isUser(aliased) || isUser(canonical)) continue
    await transaction
      .update(deletedUsers)
      .set({ scopes: narrower(aliased.scopes, canonical.scopes) })
      .where(and(eq(deletedUsers.issuer, issuer), eq(deletedUsers.subject, subject)))
  }
  const moved = pairs.filter(({ aliased }) => isUser(aliased))
  if (moved.length === 0) return
  await transaction
    .insert(deletedUsers)
    .values(
      moved.map(({ subject, aliased }) => ({ issuer: alias, subject, scopes: aliased.scopes })),
    )
    .onConflictDoNothing()
}

type MergedPair = Pair & { readonly user: UserRow }

function eventOf({ aliased, canonical, user }: MergedPair, { alias }: IssuerMerge): AuditedChange {
  const before = isUser(canonical) ? canonical : (aliased as UserRow)
  const details = differences(before, user, [
    'issuer',
    'email',
    'name',
    'status',
    'scopes',
    'issuerGrants',
  ])
  const other = isUser(canonical) ? aliased : canonical
  const otherView = isUser(other)
    ? { id: other.id, status: other.status, scopes: other.scopes }
    : { deleted: true, scopes: other.scopes }
  return {
    type: 'user.merged',
    targetId: user.id,
    details: { subject: user.subject, alias, with: otherView, ...details },
  }
}

function limitedUser({ subject, aliased, canonical, user }: MergedPair): readonly LimitedUser[] {
  const before = [aliased, canonical].map((row) => {
    const { status, scopes } = standingOf(row)
    return { status, scopes }
  })
  const after = { status: user.status, scopes: user.scopes }
  const isUnchanged = before.every((one) => JSON.stringify(one) === JSON.stringify(after))
  return isUnchanged ? [] : [{ subject, before, after }]
}
