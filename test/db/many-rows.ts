import type postgres from 'postgres'

export const issuer = 'https://issuer.example'

/** The n-th user of {@link fillTables}: `subject-n`, four keys each. */
export const userId = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

/** The n-th key, of user 1 + n / 4. Every second key of a user is a child of its first key. */
export const keyId = (n: number) => String(n).padStart(16, 'k')

/** The creation time of the n-th user and the n-th key. */
export const madeAt = (n: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + n * 1000)

export const counts = { users: 40_000, keys: 160_000, events: 80_000 }

/**
 * Inserts so many rows that PostgreSQL plans for a large table, and updates the statistics for the
 * planner. The values that triggers would compute are inserted directly, because the triggers would
 * take longer than everything else.
 */
export async function fillTables(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`
    await transaction`
      insert into latchkey.users (id, issuer, subject, email, name, status, created_at)
      select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${issuer},
        'subject-' || n, md5(n::text) || '@example.com', 'Name ' || n,
        case when n % 50 = 0 then 'SUSPENDED' else 'ACTIVE' end,
        '2026-01-01Z'::timestamptz + n * interval '1 second'
      from generate_series(1, ${counts.users}::int) as n`
    await transaction`
      insert into latchkey.api_keys (id, owner_id, parent_id, depth, name, scopes, lineage_scopes,
        secret_hash, secret_pepper, previous_secret_hash, rotated_at, previous_expires_at, created_at,
        expires_at, lineage_expires_at, revoked_at, last_used_at, last_used_floor, used_scopes,
        previous_last_used_at, previous_used)
      select lpad(n::text, 16, 'k'),
        ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n / 4), 12, '0'))::uuid,
        case when n % 4 = 1 then lpad((n - 1)::text, 16, 'k') end, (n % 4 = 1)::int,
        'Key ' || n, '{read:keys,read:users}', '{read:keys,read:users}', sha256(n::text::bytea),
        case when n % 10 <> 5 then 'first' end,
        case when rotated then sha256('before') end,
        case when rotated then '2026-02-01Z'::timestamptz end,
        case when rotated then '2026-04-01Z'::timestamptz + n * interval '1 minute' end,
        '2026-01-01Z'::timestamptz + n * interval '1 second',
        expiry, expiry, case when n % 10 = 3 then '2026-02-01Z'::timestamptz end,
        used, coalesce(used, '2026-01-01Z'::timestamptz), (n % 2 = 0)::int,
        case when rotated and n % 40 = 7 then now() end, rotated and n % 40 = 7
      from generate_series(0, ${counts.keys - 1}::int) as n,
        lateral (select n % 20 = 7 as rotated, case when n % 10 = 4
          then '2026-03-01Z'::timestamptz + n * interval '1 minute' end as expiry,
          case when n % 20 <> 1 then now() - interval '1 day' end as used) as these`
    await transaction`
      insert into latchkey.api_key_scope_uses (key_id, scope, last_used_at)
      select lpad(n::text, 16, 'k'), 'read:users', now()
      from generate_series(0, ${counts.keys - 1}::int, 2) as n`
    await transaction`
      insert into latchkey.deleted_users (issuer, subject)
      select ${issuer}, 'gone-' || n from generate_series(1, 20000) as n`
    // There are some in each of the next four months, and those from before this month in the default
    // partition.
    await transaction`
      insert into latchkey.audit_events (at, type, actor_subject, target_type, target_id)
      select now() + (n - ${counts.events / 2}::int) * interval '3 minutes',
        (array['api_key.created', 'api_key.revoked', 'user.updated', 'credential.refused'])[1 + n % 4],
        'subject-' || n % 5000, 'api_key', lpad((n % 40003)::text, 16, 'k')
      from generate_series(1, ${counts.events}::int) as n`
  })
  await sql`vacuum (analyze)`
}
