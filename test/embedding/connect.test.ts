import postgres from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { withMigrations } from '../../src/db/migrate.ts'
import { type Latchkey, servicesOf } from '../../src/embedding/latchkey.ts'
import { operator } from '../../src/index.ts'
import { type ConnectLatchkeyOptions, connectLatchkey } from '../../src/postgres.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { startIssuer, testAudience } from '../support/issuer.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const scopes = { 'read:orders': 'Read orders.', 'write:orders': 'Change orders.' }
const issuers = [{ issuer: 'https://issuer.example', audience: testAudience }]
const silent = { warn: () => {}, info: () => {} }

async function emptyDatabase() {
  const database = await createEmptyDatabase()
  closing.push(() => database.close())
  return database
}

async function connect(options: ConnectLatchkeyOptions): Promise<Latchkey> {
  const latchkey = await connectLatchkey({ issuers, log: silent, ...options })
  closing.push(() => latchkey.close())
  return latchkey
}

describe('connectLatchkey', () => {
  it('creates the tables on a fresh database, and makes and accepts keys with scopes of the application', async () => {
    const { url } = await emptyDatabase()
    const latchkey = await connect({ url, scopes, keys: { prefix: 'shop', peppers: ['pepper'] } })
    const { catalogue } = servicesOf(latchkey)
    const { id } = await latchkey.users.create(ada)
    const secret = await createKey(latchkey, id)
    expect(secret).toMatch(/^shop_/)
    expect([...catalogue.keys()]).toEqual(expect.arrayContaining(['read:keys', 'write:orders']))
    const authentication = await latchkey.authenticator.authenticate(carrying(secret))
    expect(authentication).toMatchObject({ principal: { subject: 'ada', userId: id } })
  })

  it('creates users at each tenant of an issuer', async () => {
    const { url } = await emptyDatabase()
    const tenants = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
    const nameOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
    const { users } = await connect({
      url,
      scopes,
      issuers: [{ issuer: nameOf('organizations'), audience: 'api', preset: 'entra', tenants }],
    })
    for (const tenant of tenants) {
      const issuer = nameOf(tenant)
      await users.create({ as: operator, issuer, subject: 'ada' })
      expect(await users.get({ as: operator, issuer, subject: 'ada' })).toMatchObject({ issuer })
    }
  })

  it('accepts the JWTs of its issuers alone', async () => {
    const { url } = await emptyDatabase()
    const issuer = await startIssuer()
    closing.push(() => issuer.close())
    const { authenticator } = await connect({
      url,
      scopes,
      issuers: [{ issuer: issuer.issuer, audience: testAudience }],
    })
    const token = await issuer.sign({ scope: 'read:orders', aud: testAudience })
    expect(await authenticator.authenticate(carrying(token))).toMatchObject({
      principal: { issuer: issuer.issuer, subject: 'alice' },
    })
  })

  it('keeps to its schema, beside the tables of the application and another instance', async () => {
    const { url } = await emptyDatabase()
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    closing.push(() => sql.end())
    await sql`create table users (id int)`
    const [shop, blog] = await Promise.all([
      connect({ url, schema: 'shop_auth', scopes }),
      connect({ url, schema: 'blog_auth', scopes }),
    ])
    const secret = await createKey(shop)
    expect(await shop.authenticator.authenticate(carrying(secret))).toMatchObject({
      principal: { subject: 'ada' },
    })
    expect(await blog.authenticator.authenticate(carrying(secret))).toMatchObject({
      refusal: { reason: 'key-unknown' },
    })
    expect(await sql`select from pg_namespace where nspname = 'latchkey'`).toHaveLength(0)
  })

  it('connects like the client of the application, and never closes it', async () => {
    const { url } = await emptyDatabase()
    const { pathname, hostname, port, username, password } = new URL(url)
    const sql = postgres({
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      username,
      password: async () => decodeURIComponent(password),
      max: 1,
      onnotice: () => {},
    })
    closing.push(() => sql.end())
    const latchkey = await connect({ sql, scopes })
    const secret = await createKey(latchkey)
    // The application occupies its only connection meanwhile.
    await sql.begin(async () => {
      expect(await latchkey.authenticator.authenticate(carrying(secret))).toMatchObject({
        principal: { subject: 'ada' },
      })
    })
    await latchkey.close()
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })

  it('closes its connections, once', async () => {
    const { url } = await emptyDatabase()
    const latchkey = await connect({ url, scopes })
    await latchkey.close()
    await latchkey.close()
    const key = carrying(generateKey('lk').key)
    expect(await latchkey.authenticator.authenticate(key)).toMatchObject({
      refusal: { reason: 'unavailable' },
    })
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    closing.push(() => sql.end())
    await expect
      .poll(
        () =>
          sql`select application_name from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()`,
      )
      .toEqual([])
  })
})

describe('connectLatchkey refuses to start', () => {
  it.each([
    [
      'unknown options',
      { schemas: 'x', keys: { peper: 'x' } },
      /no option `schemas`.*`keys\.peper`/,
    ],
    ['no catalogue', { scopes: undefined }, /`scopes` must be an object/],
    [
      'scopes that are built in',
      { scopes: { 'read:keys': 'Ours.' } },
      /`scopes` redefines `read:keys`/,
    ],
    [
      'names that are no scope tokens',
      { scopes: { 'a b': 'Both.' } },
      /"a b", which is not a scope/,
    ],
    ['a scope without a description', { scopes: { a: '' } }, /`a` a description/],
    ['no database', { url: undefined }, /`url` is not set/],
    ['two databases', { sql: postgres({ host: 'h' }) }, /either `url` or `sql`/],
    [
      'no connection string',
      { url: new URL('postgres://u:secret@h/d') },
      /`url` must be a connection string/,
    ],
    ['no client', { url: undefined, sql: {} }, /`sql` must be a client of the package `postgres`/],
    ['a standby', { url: 'postgres://u@h/d?target_session_attrs=standby' }, /lead to a primary/],
    ['another database', { url: 'mysql://u:secret@h/d' }, /`url` must/],
    [
      'the schema of the application',
      { schema: 'public' },
      /`schema` must name a schema of its own/,
    ],
    ['a misspelt mode', { migrate: 'on' }, /`migrate` must be `auto` or `off`/],
    ['a prefix that keys cannot have', { keys: { prefix: 'Shop_' } }, /`keys\.prefix` must be/],
    ['peppers as one text', { keys: { peppers: 'secret' } }, /`keys\.peppers` must be an array/],
    [
      'an empty pepper',
      { keys: { peppers: [''] } },
      /`keys\.peppers` must be an array of non-empty/,
    ],
    ['no keys at all', { keys: { maxPerUser: 0 } }, /`keys\.maxPerUser` must be a whole number/],
    [
      'a default outside the catalogue',
      { defaultUserScopes: ['a'] },
      /"a", which is not in `scopes`/,
    ],
    ['an issuer without an audience', { issuers: [{ issuer: 'https://i.example' }] }, /audience/],
    ['a log that is no log', { log: {} }, /`log` must have/],
  ])('with %s', async (_name, wrong, message) => {
    const options = { url: 'postgres://u:secret@127.0.0.1:1/d', scopes, ...wrong }
    const refused = connectLatchkey(options as unknown as ConnectLatchkeyOptions)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.not.toThrow(/secret/)
  })

  it('names every fault at once', async () => {
    const options = { url: 1, scopes: { 'read:users': 'x' }, keys: 1 }
    await expect(connectLatchkey(options as unknown as ConnectLatchkeyOptions)).rejects.toThrow(
      /^connectLatchkey: `url` must .*; `scopes` redefines .*; `keys` must be an object\.$/,
    )
  })

  it('without a pepper under which keys are stored', async () => {
    const { url } = await emptyDatabase()
    await createKey(await connect({ url, scopes, keys: { peppers: ['one'] } }))
    await expect(connectLatchkey({ url, scopes, log: silent })).rejects.toThrow(
      /`keys\.peppers` lacks peppers .* fingerprints [0-9a-f]+/,
    )
  })

  it('without tables, or without rights on them, and names the command', async () => {
    const { url } = await emptyDatabase()
    const start = (options: object) =>
      connectLatchkey({ url, scopes, migrate: 'off', schema: 'auth', log: silent, ...options })
    const command = 'npx latchkey migrate --url <connection string> --schema auth'
    await expect(start({})).rejects.toThrow(`no tables of Latchkey: run \`${command}\` first`)

    const { role, url: limited } = await roleOn(url)
    await expect(start({ url: limited, migrate: 'auto' })).rejects.toThrow(
      `Run \`${command}\` as the role that owns the schema auth, or that may create it.`,
    )
    await (await connect({ url, schema: 'auth', scopes })).close()
    await expect(start({ url: limited })).rejects.toThrow(
      `may not read auth.migrations: run \`${command} --grant ${role}\``,
    )
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    closing.push(() => sql.end())
    await sql.unsafe(`grant usage on schema auth to ${role};
      grant select on all tables in schema auth to ${role}`)
    for (const migrate of ['auto', 'off']) {
      await expect(start({ url: limited, migrate })).rejects.toThrow(
        /lacks rights .*INSERT on auth\.users.*: run `npx latchkey migrate .* --schema auth --grant/,
      )
    }
    await withMigrations(url, { schema: 'auth' }, ({ grant }) => grant(role))
    const latchkey = await connect({ url: limited, scopes, migrate: 'off', schema: 'auth' })
    const secret = await createKey(latchkey)
    expect(await latchkey.authenticator.authenticate(carrying(secret))).toMatchObject({
      principal: { subject: 'ada' },
    })
  })

  it('on tables without a column, and on those of an older or a newer version', async () => {
    const { url } = await emptyDatabase()
    await (await connect({ url, scopes })).close()
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    closing.push(() => sql.end())
    const refused = (migrate: 'auto' | 'off' = 'auto') =>
      expect(connectLatchkey({ url, scopes, migrate, log: silent })).rejects
    const undone = async (change: string, check: () => Promise<void>) => {
      await sql.unsafe(
        `create schema kept; create table kept.migrations as table latchkey.migrations`,
      )
      await sql.unsafe(change)
      await check()
      await sql.unsafe(`truncate latchkey.migrations;
        insert into latchkey.migrations table kept.migrations; drop schema kept cascade`)
    }
    const last = '(select max(id) from latchkey.migrations)'
    await undone(`delete from latchkey.migrations where id = ${last}`, () =>
      refused('off').toThrow(/lacks migration .*: run `npx latchkey migrate --url <connection str/),
    )
    await undone(
      `insert into latchkey.migrations (hash, created_at, name) values ('x', 1e15, '9999_later')`,
      () => refused().toThrow(/newer version of Latchkey applied migration 9999_later/),
    )
    await sql.unsafe('alter table latchkey.users drop column signed_out_tokens cascade')
    await refused().toThrow(/lacks columns.*: latchkey\.users\.signed_out_tokens\. Restore/)
  })

  it('on a database that cannot be reached', async () => {
    const refused = connectLatchkey({ url: 'postgres://u@127.0.0.1:1/d', scopes, log: silent })
    await expect(refused).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringMatching(
        /^connectLatchkey: The database cannot be reached: check host/,
      ),
      cause: { code: 'ECONNREFUSED' },
    })
  })
})

function carrying(credential: string) {
  return {
    header: (name: string) => (name === 'authorization' ? `Bearer ${credential}` : null),
    queryParameters: () => [],
  }
}

/** Creates a role without rights, and returns its name and the URL with its login. */
async function roleOn(url: string) {
  const role = `latchkey_application_${process.pid}`
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`create role ${role} login password 'only for this test'`)
  closing.push(async () => {
    await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
    await sql.end()
  })
  const login = { username: role, password: 'only for this test' }
  return { role, url: Object.assign(new URL(url), login).href }
}

const ada = { as: operator, issuer: issuers[0]?.issuer, subject: 'ada' } as const

/** Creates a key of `ownerId`, or of a new user, as the operator. Returns the complete key. */
async function createKey({ keys, users }: Latchkey, ownerId?: string): Promise<string> {
  const owner = ownerId ?? (await users.create(ada)).id
  const { secret } = await keys.create({
    as: operator,
    ownerId: owner,
    name: 'CI',
    scopes: ['read:orders'],
  })
  return secret
}
