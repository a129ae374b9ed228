import { sql } from 'drizzle-orm'
import { apiKeys, users } from './tables.ts'
import { textArray } from './text-array.ts'
import type { Access } from './transactions.ts'

/** The number of keys of the users of an issuer. */
export interface KeysOfIssuer {
  readonly issuer: string
  /** The number of keys that are neither revoked nor expired. */
  readonly keys: number
  /** Whether counting stopped at its bound, so that there may be more. */
  readonly atLeast: boolean
}

/** The bounds: users read for each issuer, keys counted for each user, and issuers returned. */
const maxUsers = 10_000
const maxKeys = 1_000
const maxIssuers = 20

/**
 * Counts the keys of users whose issuer is not in `trusted`. The work is bounded: one step through the
 * index over (issuer, subject) finds each issuer.
 */
export async function countKeysOfOtherIssuers(
  access: Access,
  trusted: readonly string[],
): Promise<readonly KeysOfIssuer[]> {
  const names = textArray(trusted)
  return access.read(async (queries) => {
    const rows = await queries.execute<{ issuer: string; looked: number; keys: number }>(sql`
      with recursive known (issuer) as (
        (select issuer from ${users} order by issuer limit 1)
        union all
        select (select later.issuer from ${users} as later
          where later.issuer > known.issuer order by later.issuer limit 1)
        from known where known.issuer is not null
      ), others as (
        select issuer from known
        where issuer is not null and issuer <> all (${names}::text[]) limit ${maxIssuers}
      )
      select others.issuer, counted.looked::int, counted.keys::int from others
      cross join lateral (
        select count(*) as looked, coalesce(sum(of_user.keys), 0) as keys
        from (select id from ${users} where issuer = others.issuer limit ${maxUsers}) as some_user
        cross join lateral (
          select count(*) as keys from (
            select 1 from ${apiKeys} as key
            where key.owner_id = some_user.id and key.revoked_at is null
              and (key.lineage_expires_at is null or key.lineage_expires_at > now())
            limit ${maxKeys}
          ) as some_key
        ) as of_user
      ) as counted`)
    return rows
      .map(({ issuer, looked, keys }) => ({ issuer, keys, atLeast: looked >= maxUsers }))
      .filter(({ keys, atLeast }) => keys > 0 || atLeast)
  })
}
