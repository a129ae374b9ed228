import { and, count, eq, type SQL, sql } from 'drizzle-orm'
import type { AffectedKeys, Effect } from '../keys/consequences.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { KeyStore } from '../keys/store.ts'
import type { Grant } from '../principal.ts'
import { administrativeScopes } from '../scopes.ts'
import { isUuid } from '../uuid.ts'
import { isLive } from './key-changes.ts'
import { keyColumns, toApiKey } from './key-rows.ts'
import { keyset, newestFirst, toPage } from './keyset.ts'
import { apiKeys } from './tables.ts'
import { textArray } from './text-array.ts'
import type { Access } from './transactions.ts'

/** The queries for the keys that a change would stop or narrow. They find what `lostScopes` computes. */
export function createAffectedKeys(
  access: Access,
): Pick<KeyStore, 'listAffected' | 'countAffected'> {
  return {
    listAffected: (affected, page) =>
      access.read(async (queries) => {
        const { where, orderBy, limit } = keyset(newestFirst(apiKeys.createdAt, apiKeys.id), page)
        const rows = await queries
          .select(keyColumns)
          .from(apiKeys)
          .where(and(matches(affected), where))
          .orderBy(...orderBy)
          .limit(limit)
        return toPage(rows, page, toApiKey)
      }),

    countAffected: (affected) =>
      access.read(async (queries) => {
        const [row] = await queries
          .select({ count: count() })
          .from(apiKeys)
          .where(matches(affected))
        return row?.count ?? 0
      }),
  }
}

function matches({ ownerId, keyId, grant, effect, now }: AffectedKeys): SQL | undefined {
  if (!isUuid(ownerId) || (keyId !== null && !isKeyId(keyId))) return sql`false`
  return and(
    eq(apiKeys.ownerId, ownerId),
    keyId === null ? undefined : isWithin(keyId),
    isLive(now),
    effect.kind === 'stop' ? undefined : losesScope(grant, effect),
  )
}

/** The ids are collected into an array, because PostgreSQL may plan a sequential scan for a subquery. */
function isWithin(keyId: string): SQL {
  return sql`${apiKeys.id} = any (array(
    with recursive line (id) as (
      select ${keyId}::text collate "C"
      union all
      select child.id from ${apiKeys} child join line on child.parent_id = line.id
      where child.revoked_at is null
    )
    select id from line))`
}

function losesScope(grant: Grant, effect: Exclude<Effect, { kind: 'stop' }>): SQL {
  const scope = sql`scope`
  const isLost =
    effect.kind === 'keep'
      ? sql`${scope} <> all (${textArray(effect.scopes)}::text[])`
      : sql`not (${isWithinGrant(scope, effect.grant)})`
  return sql`exists (
    select from unnest(${apiKeys.lineageScopes}) as scope
    where ${isWithinGrant(scope, grant)} and ${isLost})`
}

/** The condition that `withinGrant` keeps the scope. */
function isWithinGrant(scope: SQL, { ceiling, issuerCeiling }: Grant): SQL | undefined {
  const isIn = (scopes: readonly string[] | null) =>
    scopes === null ? undefined : sql`${scope} = any (${textArray(scopes)}::text[])`
  if (ceiling === null && issuerCeiling === null) {
    return sql`${scope} <> all (${textArray([...administrativeScopes])}::text[])`
  }
  return and(isIn(ceiling), isIn(issuerCeiling))
}
