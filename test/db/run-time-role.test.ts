import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { migrate, verifySchema, withMigrations } from '../../src/db/migrate.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ada, later, newKey, now } from './store-fixture.ts'

const unique = randomBytes(4).toString('hex')
const role = `Latchkey "server" ${unique}`
const owner = `latchkey_owner_${unique}`
const password = 'only for this test'

let admin: postgres.Sql
let database: TestDatabase
let ownerUrl: string
let roleUrl: string

const as = (url: string, user: string) =>
  Object.assign(new URL(url), { username: user, password }).href

const grant = (url: string, to = role) => withMigrations(url, {}, (found) => found.grant(to))

async function on<T>(url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

beforeAll(async () => {
  admin = postgres(inject('databaseServerUrl'), { max: 1, onnotice: () => {} })
  database = await createEmptyDatabase()
  // The role is not a superuser, and owns only what it creates.
  await admin.unsafe(`create role ${owner} login createrole password '${password}'`)
  await admin.unsafe(
    `grant create on database ${new URL(database.url).pathname.slice(1)} to ${owner}`,
  )
  ownerUrl = as(database.url, owner)
  await migrate(ownerUrl)
})

afterAll(async () => {
  await database.close()
  await admin.unsafe(`drop role if exists "${role.replaceAll('"', '""')}"`)
  await admin.unsafe(`drop role ${owner}`)
  await admin.end()
})

describe('the role that --grant makes', () => {
  test('can log in once it has a password, and is made once', async () => {
    expect(await grant(ownerUrl)).toEqual({ role, created: true })
    expect(await grant(ownerUrl)).toEqual({ role, created: false })
    await admin.unsafe(`alter role "${role.replaceAll('"', '""')}" password '${password}'`)
    roleUrl = as(database.url, role)
    const [attributes] = await admin`
      select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
      from pg_roles where rolname = ${role}`
    expect(new Set(Object.values(attributes ?? {}))).toEqual(new Set([false]))
  })

  test('starts on a schema that is up to date, whether it may migrate or not', async () => {
    await migrate(roleUrl)
    await verifySchema(roleUrl)
  })

  test('does all that the server does', async () => {
    const server: Database = openDatabase({ url: roleUrl, defaultUserScopes: null })
    const issuer = 'https://issuer.example'
    const user = await server.users.insert(
      { issuer, subject: 'ada', email: null, name: null, scopes: null },
      ada,
    )
    if (user === 'duplicate') throw new Error('There is that user already.')
    const parent = newKey(user)
    await server.keys.insert(parent, 100, ada)
    const child = { ...newKey(user), parentId: parent.id }
    await server.keys.insert(child, 100, ada)
    await server.directory.admitUser({
      issuer,
      subject: 'grace',
      grant: { audience: 'a', scopes: ['read:users'], issuedAt: 1 },
    })
    await server.directory.markUsed([
      {
        keyId: parent.id,
        lastUsedAt: now,
        previousLastUsedAt: null,
        scopes: [{ scope: 'read:users', lastUsedAt: now }],
      },
    ])
    expect((await server.directory.findKeyForVerification(child.id))?.owner.subject).toBe('ada')
    expect((await server.keys.revoke(parent.id, null, now, ada))?.descendants).toHaveLength(1)
    await server.audit.recordRefusals([
      {
        reason: 'key-unknown',
        credentialId: null,
        requestId: 'r',
        sourceAddress: null,
        count: 1,
        since: now,
      },
    ])
    await server.audit.ensurePartitions()
    expect(await server.keys.eraseDeadSecrets({ grace: later(1), death: later(1) })).toBe(2)
    expect(await server.users.delete(user.id, ada)).toBe(true)
    const again = { issuer, subject: 'ada', email: null, name: null, scopes: null }
    expect(await server.users.insert(again, ada)).not.toBe('duplicate')
    const alias = 'https://alias.example'
    const known = await server.users.insert({ ...again, issuer: alias }, ada)
    if (known === 'duplicate') throw new Error('There is that user already.')
    await server.keys.insert(newKey(known), 100, ada)
    const merge = { alias, issuer, nullListsNothing: false, dryRun: false }
    expect(await server.mergeIssuer(merge, ada)).toMatchObject({ merged: 1, apiKeys: 1 })
    const page = { limit: 100, after: null, before: null, fromEnd: false }
    const { rows } = await server.audit.list({}, page)
    expect(rows.map(({ type }) => type)).toContain('user.deleted')
    await server.close()
  })

  test('listens, and writes the rows of nodes', async () => {
    await on(roleUrl, async (sql) => {
      await sql.unsafe('listen latchkey_changes; select pg_notify($$latchkey_changes$$, $$x$$)')
      await sql`insert into latchkey.nodes (id, host, pid, max_staleness_ms)
        values (gen_random_uuid(), 'h', 1, 2000)`
      await sql`update latchkey.nodes set last_seen_at = now()`
      expect(await sql`delete from latchkey.nodes returning id`).toHaveLength(1)
    })
  })

  const partition = `audit_events_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
  test.each([
    'update latchkey.audit_events set type = $$x$$',
    'delete from latchkey.audit_events',
    'truncate latchkey.audit_events',
    `truncate latchkey.${partition}`,
    `select from latchkey.${partition}`,
    `insert into latchkey.${partition} (type) values ($$x$$)`,
    `update latchkey.${partition} set type = $$x$$`,
    `delete from latchkey.${partition}`,
    'insert into latchkey.audit_events_default (type) values ($$x$$)',
    'drop table latchkey.audit_events',
    `drop table latchkey.${partition}`,
    `alter table latchkey.audit_events detach partition latchkey.${partition}`,
    'alter table latchkey.audit_events disable trigger all',
    `alter table latchkey.${partition} disable trigger all`,
    'alter table latchkey.audit_events add column extra text',
    'alter table latchkey.audit_events owner to current_user',
    'create trigger t before insert on latchkey.audit_events for each row execute function latchkey.refuse_change()',
    'create rule r as on insert to latchkey.audit_events do instead nothing',
    'create table latchkey.other ()',
    'create index on latchkey.audit_events (details)',
    'drop function latchkey.refuse_change() cascade',
    'alter function latchkey.ensure_audit_partitions(int) set search_path = public',
    'create or replace function latchkey.refuse_change() returns trigger language sql as $$select$$',
    'set session_replication_role = replica',
    'drop schema latchkey cascade',
    'insert into latchkey.migrations (hash) values ($$x$$)',
    'delete from latchkey.migrations',
    'select nextval($$latchkey.migrations_id_seq$$)',
    'select setval($$latchkey.audit_events_id_seq$$, 1)',
    'delete from latchkey.api_keys',
    'truncate latchkey.users',
    'create schema other',
  ])('may not %s', async (statement) => {
    await on(roleUrl, async (sql) => {
      await expect(sql.unsafe(statement)).rejects.toMatchObject({
        code: expect.stringMatching(/^42501$/),
      })
    })
  })
})

describe('partitions of the audit trail', () => {
  test('are created by the role only through a function, with the same protection', async () => {
    const [last] = await on(ownerUrl, async (sql) => {
      // Default privileges that an operator may have set for other tables of the schema.
      await sql.unsafe(
        `alter default privileges in schema latchkey grant all on tables to public, "${role.replaceAll('"', '""')}"`,
      )
      return await sql`select max(relname) as name from pg_class where relname ~ '^audit_events_[0-9]'`
    })
    await on(roleUrl, (sql) => sql`select latchkey.ensure_audit_partitions(14)`)
    const made = await on(
      ownerUrl,
      (sql) => sql`
        select relname as name, relowner::regrole::text as owner,
          has_table_privilege(${role}, oid, 'insert, update, delete, truncate, references, trigger')
            as writable,
          (select array_agg(tgname::text order by tgname) from pg_trigger where tgrelid = pg_class.oid)
            as triggers
        from pg_class where relkind = 'r' and relispartition and relname > ${last?.name}
          and relname <> 'audit_events_default'`,
    )
    expect(made).toHaveLength(2)
    for (const partition of made) {
      expect(partition).toMatchObject({
        owner,
        writable: false,
        triggers: '{audit_events_append_only,audit_events_no_truncate}',
      })
    }
  })

  test('are created for a bounded number of months', async () => {
    await on(roleUrl, async (sql) => {
      for (const months of [-1, 61, 2_000_000_000, null]) {
        await expect(sql`select latchkey.ensure_audit_partitions(${months})`).rejects.toMatchObject(
          {
            code: '22023',
          },
        )
      }
    })
  })

  test('are created whatever the caller puts before the names of PostgreSQL', async () => {
    await on(roleUrl, async (sql) => {
      await sql`create temporary table pg_class (relnamespace oid, relname text)`
      await sql`insert into pg_class select 'latchkey'::regnamespace,
        'audit_events_' || to_char(now() + make_interval(months => n), 'YYYY_MM')
        from generate_series(0, 15) as n`
      await sql`set search_path = pg_temp, pg_catalog`
      await sql`select latchkey.ensure_audit_partitions(15)`
    })
    const [row] = await on(
      ownerUrl,
      (sql) => sql`select count(*)::int as count from pg_class
        where relispartition and relkind = 'r' and relname <> 'audit_events_default'`,
    )
    expect(row?.count).toBe(16)
  })

  test('are not created by a role without that right', async () => {
    const name = `"${role.replaceAll('"', '""')}"`
    const execute = 'execute on function latchkey.ensure_audit_partitions(int)'
    await on(ownerUrl, async (sql) => {
      await sql.unsafe(`revoke ${execute} from ${name}`)
      const server = openDatabase({ url: roleUrl, defaultUserScopes: null })
      await server.audit.ensurePartitions()
      await server.close()
      await migrate(roleUrl)
      await sql.unsafe(`grant ${execute} to ${name}`)
      const [row] = await sql`
        select has_function_privilege('public', 'latchkey.ensure_audit_partitions(int)', 'execute') as may`
      expect(row?.may).toBe(false)
    })
  })
})

describe('granting', () => {
  test('covers new tables and revokes excess rights when it is repeated', async () => {
    const name = `"${role.replaceAll('"', '""')}"`
    await on(ownerUrl, async (sql) => {
      await sql`create table latchkey.later (id serial)`
      await sql.unsafe(
        `grant all on latchkey.audit_events, latchkey.audit_events_default to ${name}`,
      )
    })
    await grant(ownerUrl)
    await on(roleUrl, async (sql) => {
      await sql`insert into latchkey.later default values`
      await expect(sql`delete from latchkey.audit_events`).rejects.toMatchObject({ code: '42501' })
      await expect(sql`select from latchkey.audit_events_default`).rejects.toMatchObject({
        code: '42501',
      })
    })
    await on(ownerUrl, (sql) => sql`drop table latchkey.later`)
  })

  test.each<[string, () => string, RegExp]>([
    ['a superuser', () => new URL(inject('databaseServerUrl')).username, /is a superuser/],
    ['the owner', () => owner, /owns the database or objects/],
    ['no name', () => '', /name of a role/],
    ['everyone', () => 'public', /name of a role/],
    ['a role of PostgreSQL', () => 'pg_monitor', /name of a role/],
    ['a name that would be cut off', () => 'x'.repeat(64), /name of a role/],
  ])('%s is refused', async (_, name, message) => {
    await expect(grant(ownerUrl, name())).rejects.toThrow(message)
  })

  test('a member of the owner, or of a role that writes everything, is refused', async () => {
    for (const [group, message] of [
      [owner, /owns the database or objects .* through another role/],
      ['pg_write_all_data', /could still change latchkey\.audit_events/],
    ] as const) {
      const member = `latchkey_member_${unique}`
      await admin.unsafe(`create role ${member}; grant ${group} to ${member}`)
      await expect(grant(ownerUrl, member)).rejects.toThrow(message)
      await admin.unsafe(`drop role ${member}`)
    }
  })

  test('by a role that may neither create nor grant fails with the reason', async () => {
    await expect(grant(roleUrl, `latchkey_new_${unique}`)).rejects.toThrow(
      /The role .* does not exist.* may not create it \(CREATEROLE\)/,
    )
    await expect(grant(roleUrl, 'latchkey_nobody_at_all')).rejects.toThrow(
      /The role latchkey_nobody_at_all does not exist/,
    )
    await admin.unsafe(`create role latchkey_known_${unique}`)
    await expect(grant(roleUrl, `latchkey_known_${unique}`)).rejects.toThrow(
      /cannot be granted .*: run this command as the role that owns the schema/,
    )
    await admin.unsafe(`drop role latchkey_known_${unique}`)
  })
})

describe('a role without the rights', () => {
  test('to change the schema gets an error if the schema is not up to date', async () => {
    const empty = await createEmptyDatabase()
    await expect(migrate(as(empty.url, role))).rejects.toThrow(
      /may not change the schema .*Run `latchkey migrate` as the role that owns/,
    )
    await empty.close()
  })

  test('that the server needs is refused at start, with the list of missing rights', async () => {
    const other = await createTestDatabase()
    await expect(verifySchema(as(other.url, role))).rejects.toThrow(
      /may not read latchkey.migrations: run `latchkey migrate --grant/,
    )
    await grant(other.url)
    await on(other.url, (sql) =>
      sql.unsafe(`revoke insert on latchkey.audit_events from "${role.replaceAll('"', '""')}"`),
    )
    await expect(verifySchema(as(other.url, role))).rejects.toThrow(
      /lacks rights .*\(INSERT on latchkey\.audit_events\): run `latchkey migrate --grant/,
    )
    await other.close()
  })
})
