import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import { maxCounted, type PepperStore, type PepperUsage } from '../keys/peppers.ts'
import type { Queries } from './link.ts'
import { apiKeys } from './tables.ts'
import type { Access } from './transactions.ts'

/** The pages of the table that one statement reads: 8 MB. */
const pagesAtOnce = 1_024

export function createPepperStore(access: Access): PepperStore {
  const countUnder = (fingerprint: string, now: Date, limit: number) =>
    access.read((queries) => count(queries, fingerprint, now, limit))

  return {
    async findMissing(known, now) {
      const stored = await access.read(storedFingerprints)
      const missing = stored.filter((fingerprint) => !known.includes(fingerprint))
      const counted = []
      for (const fingerprint of missing) {
        counted.push({ fingerprint, keys: await countUnder(fingerprint, now, maxCounted) })
      }
      return counted.filter(({ keys }) => keys > 0)
    },

    async usage(known, now) {
      const usage = await readAll(access, now)
      for (const fingerprint of known) {
        // The scan may have missed a row that moved within the table.
        if (usage.has(fingerprint) || (await countUnder(fingerprint, now, 1)) === 0) continue
        usage.set(fingerprint, { fingerprint, keys: 1, previousSecrets: 0, lastUsedAt: null })
      }
      return [...usage.values()]
    },
  }
}

/** Finds the fingerprints one by one in the indexes, so that the number of keys does not matter. */
async function storedFingerprints(queries: Queries): Promise<readonly string[]> {
  const next = (column: AnyColumn, after: SQL) => sql`
    select ${column} from ${apiKeys}
    where ${column} <> '' and revoked_at is null and ${column} > ${after}
    order by ${column} limit 1`
  const each = (column: AnyColumn) => sql`
    (with recursive found (fingerprint) as (
      (${next(column, sql`''`)})
      union all
      select (${next(column, sql`found.fingerprint`)}) from found where found.fingerprint is not null
    ) select fingerprint from found where fingerprint is not null)`
  const rows = await queries.execute<{ fingerprint: string }>(
    sql`${each(apiKeys.secretPepper)} union ${each(apiKeys.previousSecretPepper)}`,
  )
  return rows.map(({ fingerprint }) => fingerprint)
}

const isLive = (now: string) =>
  sql`(lineage_expires_at is null or lineage_expires_at > ${now}::timestamptz)`

/**
 * Counts the keys under a pepper. A key whose current and previous secret are both stored under it
 * counts once.
 */
async function count(
  queries: Queries,
  fingerprint: string,
  now: Date,
  limit: number,
): Promise<number> {
  const at = now.toISOString()
  const [row] = await queries.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      (select from ${apiKeys}
        where secret_pepper = ${fingerprint} and secret_pepper <> '' and revoked_at is null
          and ${isLive(at)}
        limit ${limit})
      union all
      (select from ${apiKeys}
        where previous_secret_pepper = ${fingerprint} and previous_secret_pepper <> ''
          and revoked_at is null and previous_expires_at > ${at}::timestamptz
          and ${isLive(at)} and secret_pepper is distinct from ${fingerprint}
        limit ${limit})
    ) as these`)
  return Math.min(row?.count ?? 0, limit)
}

async function readAll(access: Access, now: Date): Promise<Map<string | null, PepperUsage>> {
  const pages = await access.read(async (queries) => {
    const [row] = await queries.execute<{ pages: number }>(sql`
      select (pg_relation_size('${apiKeys}'::regclass)
        / current_setting('block_size')::int)::int as pages`)
    return row?.pages ?? 0
  })
  const usage = new Map<string | null, PepperUsage>()
  for (let from = 0; from < pages; from += pagesAtOnce) {
    const rows = await access.read((queries) =>
      readPages(queries, from, from + pagesAtOnce, now.toISOString()),
    )
    for (const row of rows) usage.set(row.fingerprint, mergeUsage(usage.get(row.fingerprint), row))
  }
  return usage
}

async function readPages(queries: Queries, from: number, to: number, now: string) {
  const rows = await queries.execute<PageUsage>(sql`
    select fingerprint, count(*) filter (where is_current)::int as keys,
      count(*) filter (where not is_current)::int as previous_secrets,
      (extract(epoch from max(used_at) filter (where is_current)) * 1000)::float8 as used_at
    from ${apiKeys} as stored, lateral (
      values (true, secret_pepper, last_used_at, secret_hash <> ''),
        (false, previous_secret_pepper, null, previous_secret_hash is not null
          and previous_expires_at > ${now}::timestamptz)
    ) as secrets (is_current, fingerprint, used_at, works)
    where works and stored.ctid >= ${`(${from},0)`}::tid and stored.ctid < ${`(${to},0)`}::tid
      and revoked_at is null and ${isLive(now)}
    group by fingerprint`)
  return rows.map(
    ({ fingerprint, keys, previous_secrets, used_at }): PepperUsage => ({
      fingerprint,
      keys,
      previousSecrets: previous_secrets,
      lastUsedAt: used_at === null ? null : new Date(used_at),
    }),
  )
}

interface PageUsage extends Record<string, unknown> {
  readonly fingerprint: string | null
  readonly keys: number
  readonly previous_secrets: number
  readonly used_at: number | null
}

function mergeUsage(known: PepperUsage | undefined, more: PepperUsage): PepperUsage {
  if (known === undefined) return more
  const times = [known.lastUsedAt, more.lastUsedAt].filter((time) => time !== null)
  return {
    fingerprint: more.fingerprint,
    keys: known.keys + more.keys,
    previousSecrets: known.previousSecrets + more.previousSecrets,
    lastUsedAt: times.length === 0 ? null : new Date(Math.max(...times.map(Number))),
  }
}
