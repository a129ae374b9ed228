import { and, eq, gt, ne, sql } from 'drizzle-orm'
import type { Actor } from '../audit/actor.ts'
import {
  type IssuerMerge,
  type IssuerMergeResult,
  type LimitedUser,
  maxListed,
} from '../users/merge.ts'
import { record } from './audit-trail.ts'
import { type MergeCounts, mergePairs } from './merge-pairs.ts'
import { apiKeys, auditEvents, deletedUsers, users } from './tables.ts'
import { textArray } from './text-array.ts'
import type { Access, Transaction } from './transactions.ts'

/** The time limit for merging the users of two names, in milliseconds. */
const timeoutMs = 30 * 60_000
const pageSize = 500

/**
 * The date of a tombstone that stands for a user which has moved to another name of its issuer. A node with an
 * earlier configuration, which takes the alias for an issuer of its own, must not create that user again.
 */
const movedAt = sql`'1970-01-01Z'::timestamptz`

/** Returns the aliases that users, or tombstones of deleted users, are stored under. */
export async function findUnmergedAliases(
  access: Access,
  aliases: readonly string[],
): Promise<readonly string[]> {
  if (aliases.length === 0) return []
  const rows = await access.read((queries) =>
    queries.execute<{ alias: string }>(sql`
      select alias from unnest(${textArray(aliases)}::text[]) as alias
      left join lateral (select true as found from ${users}
        where ${users.issuer} = alias
        order by ${users.subject} limit 1) as present on true
      left join lateral (select true as found from ${deletedUsers}
        where ${deletedUsers.issuer} = alias and ${deletedUsers.deletedAt} <> ${movedAt}
        order by ${deletedUsers.subject} limit 1) as deleted on true
      where present.found or deleted.found`),
  )
  return rows.map(({ alias }) => alias)
}

/**
 * Gives the users under an alias the canonical name of their issuer, in one transaction. Where both names have
 * the same subject, one user remains, with the keys of both; see `mergeStandings`. Other changes of users
 * and keys wait meanwhile. Tombstones under the alias remain for nodes with an earlier configuration.
 */
export async function mergeIssuer(
  access: Access,
  merge: IssuerMerge,
  by: Actor,
): Promise<IssuerMergeResult> {
  return await access.change(
    async (transaction) => {
      if (!merge.dryRun) {
        await transaction.execute(
          sql`lock table ${users}, ${deletedUsers}, ${apiKeys} in exclusive mode`,
        )
      }
      const merged = await mergeAllPairs(transaction, merge, by)
      const alone = merge.dryRun
        ? await countAlone(transaction, merge)
        : await moveAlone(transaction, merge)
      return { ...merged, ...alone }
    },
    { timeoutMs },
  )
}

async function mergeAllPairs(
  transaction: Transaction,
  merge: IssuerMerge,
  by: Actor,
): Promise<Omit<IssuerMergeResult, 'moved' | 'deleted'>> {
  const limited: LimitedUser[] = []
  const total = { merged: 0, apiKeys: 0, limitedCount: 0 }
  const add = (page: MergeCounts) => {
    total.merged += page.events.length
    total.apiKeys += page.apiKeys
    total.limitedCount += page.limited.length
    limited.push(...page.limited.slice(0, maxListed - limited.length))
  }
  for (let after: string | undefined = ''; after !== undefined; ) {
    const subjects: readonly string[] = await pageOfPairs(transaction, merge, after)
    if (subjects.length > 0) {
      const page = await mergePairs(transaction, merge, subjects)
      if (!merge.dryRun) await record(transaction, by, page.events)
      add(page)
    }
    after = subjects.length < pageSize ? undefined : subjects.at(-1)
  }
  return { ...total, limited }
}

/** Returns subjects that both names have, as a user or as a deleted one. */
async function pageOfPairs(
  transaction: Transaction,
  { alias, issuer }: IssuerMerge,
  after: string,
): Promise<readonly string[]> {
  const inUsers = transaction
    .select({ subject: users.subject })
    .from(users)
    .where(and(eq(users.issuer, alias), gt(users.subject, after), isKnown(users, issuer)))
  const inDeleted = transaction
    .select({ subject: deletedUsers.subject })
    .from(deletedUsers)
    .where(
      and(
        eq(deletedUsers.issuer, alias),
        ne(deletedUsers.deletedAt, movedAt),
        gt(deletedUsers.subject, after),
        isKnown(deletedUsers, issuer),
      ),
    )
  const rows = await inUsers.union(inDeleted).orderBy(sql`subject`).limit(pageSize)
  return rows.map(({ subject }) => subject)
}

/** Whether an issuer has a user, or a deleted one, with the subject of a row of `table`. */
function isKnown(table: typeof users | typeof deletedUsers, issuer: string) {
  return sql`(exists (select from ${users} as known where known.issuer = ${issuer} and known.subject = ${table.subject})
    or exists (select from ${deletedUsers} as known where known.issuer = ${issuer} and known.subject = ${table.subject}))`
}

function isAlone(table: typeof users | typeof deletedUsers, { alias, issuer }: IssuerMerge) {
  return and(eq(table.issuer, alias), sql`not ${isKnown(table, issuer)}`)
}

function isDeletedAlone(merge: IssuerMerge) {
  return and(
    isAlone(deletedUsers, merge),
    ne(deletedUsers.deletedAt, movedAt),
    sql`not exists (select from ${users} as present
      where present.issuer = ${merge.alias} and present.subject = ${deletedUsers.subject})`,
  )
}

type AloneCounts = Pick<IssuerMergeResult, 'moved' | 'deleted'>

async function countAlone(transaction: Transaction, merge: IssuerMerge): Promise<AloneCounts> {
  return {
    moved: await transaction.$count(users, isAlone(users, merge)),
    deleted: await transaction.$count(deletedUsers, isDeletedAlone(merge)),
  }
}

/** Moves the users and tombstones whose subject the canonical name does not have. */
async function moveAlone(transaction: Transaction, merge: IssuerMerge): Promise<AloneCounts> {
  const { alias, issuer } = merge
  const change = sql`jsonb_build_object('subject', subject, 'issuer',
    jsonb_build_object('from', ${alias}::text, 'to', ${issuer}::text))`
  const [gone] = await transaction.execute<{ count: number }>(sql`
    with moved as (
      insert into ${deletedUsers} (issuer, subject, scopes, deleted_at)
      select ${issuer}::text, subject, scopes, deleted_at from ${deletedUsers}
      where ${isDeletedAlone(merge)}
      returning subject
    ), recorded as (
      insert into ${auditEvents} (type, details)
      select 'user.merged', ${change} || '{"deleted": true}' from moved
    )
    select count(*)::int as count from moved`)
  const [moved] = await transaction.execute<{ count: number }>(sql`
    with moved as (
      update ${users} set issuer = ${issuer} where ${isAlone(users, merge)}
      returning id, subject, scopes
    ), left_behind as (
      insert into ${deletedUsers} (issuer, subject, scopes, deleted_at)
      select ${alias}::text, subject, scopes, ${movedAt} from moved
      on conflict (issuer, subject) do nothing
    ), recorded as (
      insert into ${auditEvents} (type, target_type, target_id, details)
      select 'user.merged', 'user', id::text, ${change} from moved
    )
    select count(*)::int as count from moved`)
  await transaction
    .update(deletedUsers)
    .set({ deletedAt: movedAt })
    .where(and(eq(deletedUsers.issuer, alias), ne(deletedUsers.deletedAt, movedAt)))
  return { moved: moved?.count ?? 0, deleted: gone?.count ?? 0 }
}
