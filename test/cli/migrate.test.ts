import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withDatabase, withTargetMigrations } from '../../src/cli/database.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { run } from './run.ts'

let database: TestDatabase
let sql: postgres.Sql

beforeAll(async () => {
  database = await createEmptyDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
})

afterAll(async () => {
  await sql.end()
  await database.close()
})

const migrate = (words: readonly string[], environment: Record<string, string> = {}) =>
  run(['migrate', ...words], {
    // Production without the other settings that a server needs.
    environment: { NODE_ENV: 'production', DATABASE_URL: database.url, PORT: 'x', ...environment },
    withMigrations: withTargetMigrations,
    stopSignal: () => new Promise(() => {}),
  })

test('--status lists the pending migrations, and changes nothing', async () => {
  const { code, out, err } = await migrate(['--status'])
  expect(code).toBe(3)
  expect(err).toMatch(
    /^latchkey: \d+ migrations are pending\. Run `latchkey migrate` to apply them\.\n$/,
  )
  expect(out).toMatch(/^MIGRATION +STATE\n0000_tables +pending\n/)
  const { upToDate, migrations } = JSON.parse((await migrate(['--status', '--json'])).out)
  expect(upToDate).toBe(false)
  expect(migrations[0]).toEqual({
    name: '0000_tables',
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    state: 'pending',
  })
  expect(await sql`select from pg_namespace where nspname = 'latchkey'`).toHaveLength(0)
})

test('--dry-run prints the files that would be applied, and changes nothing', async () => {
  const { code, out } = await migrate(['--dry-run'])
  expect(code).toBe(0)
  expect(out).toMatch(/^-- 0000_tables\.sql\nCREATE SCHEMA/)
  expect(out).toContain('-- 0001_triggers.sql\n')
  expect(await sql`select from pg_namespace where nspname = 'latchkey'`).toHaveLength(0)
})

test('reports the applied migrations even if the grant after them is refused', async () => {
  const other = await createEmptyDatabase()
  const { code, err } = await migrate(['--url', other.url, '--grant', 'pg_no'])
  expect(code).toBe(78)
  expect(err).toMatch(/^Applied \d+ database migrations\.\nlatchkey: The name of a role/)
  await other.close()
})

test('applies the migrations, and reports them once', async () => {
  expect((await migrate([])).out).toMatch(
    /^Applied \d+ database migrations\.\nThe database is up to date\.\n$/,
  )
  expect((await migrate([])).out).toBe('The database is up to date.\n')
  expect(JSON.parse((await migrate(['--dry-run', '--json'])).out)).toEqual({ migrations: [] })
  const status = await migrate(['--status', '--json'])
  expect(JSON.parse(status.out).upToDate).toBe(true)
  expect(status).toMatchObject({ code: 0, err: '' })
})

test('--url replaces DATABASE_URL, and is parsed like it', async () => {
  const elsewhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' }
  expect((await migrate(['--url', database.url], elsewhere)).code).toBe(0)
  expect((await migrate([], elsewhere)).code).toBe(69)
  const { code, err } = await migrate(['--url', 'mysql://canary7c1f@db'])
  expect(code).toBe(78)
  expect(err).toContain('--url must begin with postgres://')
  expect(err).not.toContain('canary7c1f')
  const noFile = await migrate(['--url', 'postgres://x@127.0.0.1:1/x?sslrootcert=/none.pem'])
  expect(noFile.code).toBe(78)
  expect(noFile.err).toContain('--url names a file in sslrootcert that does not exist')
})

test('an empty --url is refused, so that no other database is migrated', async () => {
  const { code, err } = await migrate(['--url', ''])
  expect(code).toBe(78)
  expect(err).toContain('--url must not be empty')
})

test('needs only a database in production', async () => {
  const { code, err } = await migrate([], { DATABASE_URL: '' })
  expect(code).toBe(78)
  expect(err).toBe(
    'latchkey: The configuration is not valid:\n  DATABASE_URL must be set in production, such as postgres://user@host:5432/database: production has no embedded database\n',
  )
})

test('--grant creates the role and grants it the rights that the server needs, again and again', async () => {
  const role = `latchkey_cli_${new URL(database.url).pathname.slice(-8)}`
  const first = JSON.parse((await migrate(['--grant', role, '--json'])).out)
  expect(first).toEqual({
    upToDate: true,
    done: [
      `Created the role ${role} with the right to log in. It has no password yet.`,
      `Granted ${role} the rights that the server needs.`,
    ],
  })
  expect((await migrate(['--grant', role])).out).toBe(
    `Granted ${role} the rights that the server needs.\nThe database is up to date.\n`,
  )
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
})

test('a role that could change the audit trail is refused with 78', async () => {
  const { code, err } = await migrate(['--grant', new URL(database.url).username])
  expect(code).toBe(78)
  expect(err).toContain('could change the audit trail')
})

test.each([
  [['--status', '--dry-run']],
  [['--status', '--grant', 'x']],
  [['--dry-run', '--grant', 'x']],
])('%j together is not valid', async (words) => {
  expect((await migrate(words)).code).toBe(2)
})

test('--status lists a gap and a newer version, and ends with 78', async () => {
  await sql`delete from latchkey.migrations where name = '0002_upkeep'`
  const gap = await migrate(['--status'])
  expect(gap.code).toBe(78)
  expect(gap.out).toMatch(/^0002_upkeep +MISSING/m)
  expect(gap.err).toContain('lacks migration 0002_upkeep.sql')
  expect((await migrate([])).code).toBe(78)

  await sql`insert into latchkey.migrations (hash, created_at, name)
    values ('future', 9e15, 'future')`
  const newer = await migrate(['--status', '--json'])
  expect(newer.code).toBe(78)
  expect(JSON.parse(newer.out).migrations.at(-1)).toEqual({
    name: 'future',
    hash: 'future',
    state: 'incompatible',
  })
})

test('--schema and DATABASE_SCHEMA name another schema, in which the other commands then work', async () => {
  const schemas = () =>
    sql`select nspname from pg_namespace where nspname in ('shop_auth', 'blog_auth') order by 1`
  const status = await migrate(['--status', '--schema', 'shop_auth'])
  expect(status.err).toMatch(/Run `latchkey migrate --schema shop_auth` to apply them\.\n$/)
  const { out } = await migrate(['--dry-run', '--schema', 'shop_auth'])
  expect(out).toContain('CREATE TABLE "shop_auth"."users"')
  expect(out).not.toContain('"latchkey"')
  expect(await schemas()).toEqual([])

  expect(await migrate(['--schema', 'shop_auth'])).toMatchObject({ code: 0 })
  const inBlog = { DATABASE_SCHEMA: 'blog_auth' }
  expect(await migrate([], inBlog)).toMatchObject({ code: 0 })
  expect((await migrate(['--schema', 'none', '--status'], inBlog)).code).toBe(3)
  expect(await schemas()).toEqual([{ nspname: 'blog_auth' }, { nspname: 'shop_auth' }])

  await sql`insert into blog_auth.users (issuer, subject) values ('https://i.example', 'ada')`
  const list = (schema: string) =>
    run(['users', 'list', '--json'], {
      environment: { DATABASE_URL: database.url, DATABASE_SCHEMA: schema },
      withDatabase,
    })
  expect((await list('blog_auth')).out).toContain('"ada"')
  expect((await list('shop_auth')).out).not.toContain('"ada"')
  const absent = await list('none')
  expect(absent.code).toBe(78)
  expect(absent.err).toContain('run `latchkey migrate --schema none` first')
})

test.each([
  [['--schema', 'public'], {}, 2],
  [['--schema', 'Shop'], {}, 2],
  [[], { DATABASE_SCHEMA: 'a-b' }, 78],
])('%j with %j is refused', async (words, environment, code) => {
  const refused = await migrate(words, environment as Record<string, string>)
  expect(refused.code).toBe(code)
  expect(refused.err).toMatch(/must (be 1 to 46|name a schema of its own)/)
})
