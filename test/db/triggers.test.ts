import { readFileSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let sql: postgres.Sql

beforeAll(async () => {
  database = await createTestDatabase()
  sql = postgres(database.url, { onnotice: () => {} })
})

afterAll(async () => {
  await sql.end()
  await database.close()
})

let count = 0
const fresh = () => `id${String(++count).padStart(14, '0')}`

async function insertUser(values: Record<string, postgres.ParameterOrJSON<never>> = {}) {
  const [user] = await sql`
    insert into latchkey.users ${sql({ issuer: 'https://issuer.example', subject: fresh(), ...values })}
    returning *`
  return user as postgres.Row
}

async function insertKey(
  owner: postgres.Row,
  parent: postgres.Row | null,
  scopes: string[],
  more: Record<string, Date> = {},
) {
  const [key] = await sql`
    insert into latchkey.api_keys ${sql({
      id: fresh(),
      owner_id: owner.id as string,
      parent_id: (parent?.id ?? null) as string | null,
      name: 'a key',
      scopes,
      secret_hash: Buffer.alloc(32),
      ...more,
    })} returning *`
  return key as postgres.Row
}

async function key(id: string) {
  const [row] = await sql`select * from latchkey.api_keys where id = ${id}`
  return row as postgres.Row
}

async function runMigration(name: string) {
  const migration = readFileSync(new URL(`../../drizzle/${name}.sql`, import.meta.url), 'utf8')
  await sql.begin((transaction) => transaction.unsafe(migration))
}

async function family() {
  const owner = await insertUser()
  const parent = await insertKey(owner, null, ['a', 'b', 'c'])
  const child = await insertKey(owner, parent, ['b', 'c', 'd'])
  const grandchild = await insertKey(owner, child, ['c', 'b', 'b'])
  return { owner, parent, child, grandchild }
}

describe('an API key written by hand', () => {
  test('has the scopes that its ancestors allow, sorted and unique', async () => {
    const { parent, child, grandchild } = await family()
    expect(parent.lineage_scopes).toEqual(['a', 'b', 'c'])
    expect(child.lineage_scopes).toEqual(['b', 'c'])
    expect(grandchild.lineage_scopes).toEqual(['b', 'c'])
    expect([parent.depth, child.depth, grandchild.depth]).toEqual([0, 1, 2])
  })

  test('takes a scope that it loses from its descendants, and never gives it back', async () => {
    const { parent, child, grandchild } = await family()
    await sql`update latchkey.api_keys set scopes = '{a,c}' where id = ${parent.id}`
    const narrowed = { scopes: ['c'], lineage_scopes: ['c'] }
    expect(await key(child.id)).toMatchObject(narrowed)
    expect(await key(grandchild.id)).toMatchObject(narrowed)
    await sql`update latchkey.api_keys set scopes = '{a,b,c,d}' where id = ${parent.id}`
    expect(await key(child.id)).toMatchObject(narrowed)
    await sql`update latchkey.api_keys set scopes = '{b,c,x}' where id = ${child.id}`
    expect(await key(child.id)).toMatchObject({ scopes: ['b', 'c'], lineage_scopes: ['b', 'c'] })
    expect(await key(grandchild.id)).toMatchObject(narrowed)
  })

  test('leaves a descendant without any scope if it loses all scopes of that', async () => {
    const { parent, child, grandchild } = await family()
    await sql`update latchkey.api_keys set scopes = '{a}' where id = ${parent.id}`
    for (const { id } of [child, grandchild]) {
      expect(await key(id)).toMatchObject({ scopes: [], lineage_scopes: [], revoked_at: null })
    }
    await sql`update latchkey.api_keys set name = 'x', expires_at = now() where id = ${child.id}`
    await expect(
      sql`update latchkey.api_keys set scopes = '{b}' where id = ${child.id}`,
    ).rejects.toThrow('only scopes with a name that its parent has')
    await sql`update latchkey.api_keys set scopes = '{a}' where id = ${child.id}`
    expect(await key(child.id)).toMatchObject({ scopes: ['a'], lineage_scopes: ['a'] })
    expect(await key(grandchild.id)).toMatchObject({ scopes: [], lineage_scopes: [] })
  })

  test('leaves the scopes of a revoked descendant as they were', async () => {
    const { parent, child } = await family()
    await sql`update latchkey.api_keys set revoked_at = now() where id = ${child.id}`
    await sql`update latchkey.api_keys set scopes = '{a}' where id = ${parent.id}`
    expect(await key(child.id)).toMatchObject({ scopes: ['b', 'c'], lineage_scopes: [] })
  })

  test('from before scopes were taken from descendants loses those without effect', async () => {
    const { parent, child, grandchild } = await family()
    await sql`alter table latchkey.api_keys disable trigger api_keys_before_update`
    await sql`update latchkey.api_keys set scopes = '{b,d}', lineage_scopes = '{b}' where id = ${child.id}`
    await sql`update latchkey.api_keys set scopes = '{d}', lineage_scopes = '{}' where id = ${grandchild.id}`
    await sql`alter table latchkey.api_keys enable trigger api_keys_before_update`
    await runMigration('0012_narrowed_descendants')
    expect(await key(parent.id)).toMatchObject({ scopes: ['a', 'b', 'c'] })
    expect(await key(child.id)).toMatchObject({ scopes: ['b'], lineage_scopes: ['b'] })
    expect(await key(grandchild.id)).toMatchObject({ scopes: [], lineage_scopes: [] })
  })

  test.each([['{}'], ['{""}'], ['{a,""}'], ['{a,NULL}']])(
    'is refused with the scopes %s, also by a change, unless it is revoked',
    async (scopes) => {
      const { owner, parent, child } = await family()
      const change = () =>
        sql`update latchkey.api_keys set scopes = ${scopes} where id = ${child.id}`
      await expect(change()).rejects.toThrow('api_keys_scopes_check')
      await expect(
        sql`insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash)
          values (${fresh()}, ${owner.id}, 'x', ${scopes}, '')`,
      ).rejects.toThrow('api_keys_scopes_check')
      await sql`update latchkey.api_keys set revoked_at = now() where id = ${parent.id}`
      await change()
    },
  )

  test('without a scope, from before that was refused, has been revoked', async () => {
    const { owner, parent } = await family()
    await sql`alter table latchkey.api_keys drop constraint api_keys_scopes_check`
    await sql`alter table latchkey.api_keys disable trigger api_keys_before_insert`
    const none = await insertKey(owner, null, [])
    const unnamed = await insertKey(owner, parent, ['', 'b'])
    await sql`alter table latchkey.api_keys enable trigger api_keys_before_insert`
    await runMigration('0004_key_scopes')
    await runMigration('0012_narrowed_descendants')
    expect(await key(none.id)).toMatchObject({
      revoked_at: expect.any(Date),
      revoked_reason: 'It had no scope.',
    })
    expect(await key(unnamed.id)).toMatchObject({ scopes: ['b'], revoked_at: null })
  })

  test('has computed columns that cannot be forged', async () => {
    const { child } = await family()
    await sql`update latchkey.api_keys
      set lineage_scopes = '{admin}', depth = 0, lineage_expires_at = 'infinity' where id = ${child.id}`
    expect(await key(child.id)).toMatchObject({
      lineage_scopes: ['b', 'c'],
      depth: 1,
      lineage_expires_at: null,
    })
  })

  test('passes its expiry on to its descendants', async () => {
    const { parent, child, grandchild } = await family()
    const soon = new Date('2030-01-01T00:00:00Z')
    const later = new Date('2031-01-01T00:00:00Z')
    await sql`update latchkey.api_keys set expires_at = ${later} where id = ${child.id}`
    await sql`update latchkey.api_keys set expires_at = ${soon} where id = ${parent.id}`
    expect((await key(child.id)).lineage_expires_at).toEqual(soon)
    expect((await key(grandchild.id)).lineage_expires_at).toEqual(soon)
    await sql`update latchkey.api_keys set expires_at = null where id = ${parent.id}`
    expect((await key(grandchild.id)).lineage_expires_at).toEqual(later)
  })

  test('passes its revocation on to every descendant, and to no ancestor', async () => {
    const { parent, child, grandchild } = await family()
    await sql`update latchkey.api_keys set revoked_at = now(), revoked_reason = 'leaked' where id = ${child.id}`
    expect((await key(parent.id)).revoked_at).toBeNull()
    expect((await key(grandchild.id)).revoked_at).toEqual((await key(child.id)).revoked_at)
    expect((await key(grandchild.id)).revoked_reason).toBe('leaked')
  })

  test('stays revoked', async () => {
    const { parent, child } = await family()
    await sql`update latchkey.api_keys set revoked_at = now() where id = ${parent.id}`
    for (const { id } of [parent, child]) {
      await expect(
        sql`update latchkey.api_keys set revoked_at = null where id = ${id}`,
      ).rejects.toThrow('stays revoked')
    }
  })

  test('is created as revoked under a revoked parent', async () => {
    const { owner, parent } = await family()
    await sql`update latchkey.api_keys set revoked_at = now() where id = ${parent.id}`
    expect((await insertKey(owner, parent, ['a'])).revoked_at).not.toBeNull()
  })

  test('created while its parent is being revoked is revoked too', async () => {
    const { owner, parent } = await family()
    let born: Promise<postgres.Row> | undefined
    await sql.begin(async (revoking) => {
      await revoking`update latchkey.api_keys set revoked_at = now() where id = ${parent.id}`
      born = insertKey(owner, parent, ['a'])
      await waitingForLock()
    })
    expect((await born)?.revoked_at).not.toBeNull()
  })

  test('is deleted with its parent', async () => {
    const { parent, child, grandchild } = await family()
    await sql`delete from latchkey.api_keys where id = ${parent.id}`
    expect(await key(child.id)).toBeUndefined()
    expect(await key(grandchild.id)).toBeUndefined()
  })

  test('keeps its owner and its parent', async () => {
    const { parent, child, grandchild } = await family()
    const other = await insertUser()
    await expect(
      sql`update latchkey.api_keys set owner_id = ${other.id} where id = ${parent.id}`,
    ).rejects.toThrow('id, owner and parent of an API key cannot be changed')
    await expect(
      sql`update latchkey.api_keys set parent_id = null where id = ${child.id}`,
    ).rejects.toThrow('id, owner and parent of an API key cannot be changed')
    await expect(insertKey(other, grandchild, ['b'])).rejects.toThrow('same owner')
  })

  test('is at most eight generations deep', async () => {
    const owner = await insertUser()
    let last = await insertKey(owner, null, ['a'])
    for (let depth = 1; depth <= 8; depth++) last = await insertKey(owner, last, ['a'])
    await expect(insertKey(owner, last, ['a'])).rejects.toThrow('api_keys_depth_check')
  })

  test('does not wait for its parent to record a use', async () => {
    const { parent, child } = await family()
    await sql.begin(async (other) => {
      await other`update latchkey.api_keys set name = 'held' where id = ${parent.id}`
      await sql`set lock_timeout = 2000; update latchkey.api_keys set last_used_at = now() where id = '${sql.unsafe(child.id)}'`.simple()
    })
    expect((await key(child.id)).last_used_at).not.toBeNull()
  })
})

describe('a user written by hand', () => {
  test('has the union of the grants that its issuer states for all audiences', async () => {
    const grants = { one: { scopes: ['b', 'a'], iat: 1 }, two: { scopes: ['c', 'a'], iat: 2 } }
    const user = await insertUser({ issuer_grants: sql.json(grants) as never })
    expect(user.issuer_scopes).toEqual(['a', 'b', 'c'])
    const [emptied] = await sql`update latchkey.users
      set issuer_grants = '{"one": {"scopes": [], "iat": 3}}' where id = ${user.id} returning *`
    expect(emptied?.issuer_scopes).toEqual([])
    const [none] = await sql`update latchkey.users
      set issuer_grants = '{}', issuer_scopes = '{admin}' where id = ${user.id} returning *`
    expect(none?.issuer_scopes).toBeNull()
  })

  test('is marked as changed', async () => {
    const user = await insertUser()
    const [changed] = await sql`update latchkey.users
      set name = 'Ada', updated_at = '2000-01-01' where id = ${user.id} returning *`
    expect(changed?.updated_at.getTime()).toBeGreaterThanOrEqual(user.updated_at.getTime())
  })

  test('leaves a tombstone with its scopes when deleted, and its keys are deleted too', async () => {
    const user = await insertUser({ scopes: ['read:users'] as never })
    const made = await insertKey(user, null, ['read:users'])
    await sql`delete from latchkey.users where id = ${user.id}`
    expect(await key(made.id)).toBeUndefined()
    expect(
      await sql`select issuer, scopes from latchkey.deleted_users where subject = ${user.subject}`,
    ).toEqual([{ issuer: 'https://issuer.example', scopes: ['read:users'] }])
  })

  test('cannot have an unknown status', async () => {
    await expect(insertUser({ status: 'suspended' })).rejects.toThrow('users_status_check')
  })
})

describe('the audit trail', () => {
  const insertEvent = (at: string) =>
    sql`insert into latchkey.audit_events (at, type) values (${at}, 'user.created')`

  test('is kept by month', async () => {
    const [now] = await sql`insert into latchkey.audit_events (type) values ('user.created')
      returning tableoid::regclass::text as partition, to_char(at at time zone 'UTC', 'YYYY_MM') as month`
    expect(now?.partition).toBe(`latchkey.audit_events_${now?.month}`)
  })

  test('accepts an event of any time', async () => {
    await insertEvent('1999-12-31T23:59:59Z')
    expect(await sql`select type from latchkey.audit_events_default`).toHaveLength(1)
  })

  test('gets a partition for each month to come, again and again', async () => {
    await Promise.all([1, 2, 3, 4].map(() => sql`select latchkey.ensure_audit_partitions(24)`))
    const [partitions] = await sql`select count(*)::int as count
      from pg_inherits where inhparent = 'latchkey.audit_events'::regclass`
    expect(partitions?.count).toBe(26)
  })

  test('cannot be changed', async () => {
    await insertEvent('2001-01-01T00:00:00Z')
    await sql`insert into latchkey.audit_events (type) values ('user.created')`
    const month = new Date().toISOString().slice(0, 7).replace('-', '_')
    for (const table of ['audit_events', 'audit_events_default', `audit_events_${month}`]) {
      for (const statement of [
        `update latchkey.${table} set type = 'x'`,
        `delete from latchkey.${table}`,
        `truncate latchkey.${table}`,
      ]) {
        await expect(sql.unsafe(statement), statement).rejects.toThrow('is append-only')
      }
    }
  })

  test('cannot be changed by a replicating session either, which may add events', async () => {
    await sql`select latchkey.ensure_audit_partitions(30)`
    const partitions = await sql`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'latchkey.audit_events'::regclass`
    const attempt = (statement: string) =>
      sql.begin(async (transaction) => {
        await transaction`set local session_replication_role = replica`
        await transaction.unsafe(statement)
      })
    await attempt("insert into latchkey.audit_events (type) values ('user.created')")
    await attempt(
      "insert into latchkey.audit_events (at, type) select now() + n * interval '1 month', 'user.created' from generate_series(-1, 30) as n",
    )
    for (const table of ['latchkey.audit_events', ...partitions.map(({ name }) => name)]) {
      for (const statement of [`update ${table} set type = 'x'`, `truncate ${table}`]) {
        await expect(attempt(statement), statement).rejects.toThrow('is append-only')
      }
    }
    await expect(attempt('delete from latchkey.audit_events')).rejects.toThrow('is append-only')
  })
})

async function waitingForLock(): Promise<void> {
  for (;;) {
    const [row] = await sql`select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    if (row?.waiting > 0) return
  }
}
