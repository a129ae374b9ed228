import postgres from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { type Latchkey, servicesOf } from '../../src/embedding/latchkey.ts'
import { type ConnectLatchkeyOptions, connectLatchkey } from '../../src/postgres.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { startIssuer, testAudience } from '../support/issuer.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const scopes = { 'read:orders': 'Read orders.', 'write:orders': 'Change orders.' }
const silent = { warn: () => {}, info: () => {} }

async function emptyDatabase() {
  const database = await createEmptyDatabase()
  closing.push(() => database.close())
  return database
}

async function connect(options: ConnectLatchkeyOptions): Promise<Latchkey> {
  const latchkey = await connectLatchkey({ log: silent, ...options })
  closing.push(() => latchkey.close())
  return latchkey
}

describe('connectLatchkey', () => {
  it('creates the tables on a fresh database, and makes and accepts keys with scopes of the application', async () => {
    const { url } = await emptyDatabase()
    const latchkey = await connect({ url, scopes, keys: { prefix: 'shop', peppers: ['pepper'] } })
    const { keys, catalogue } = servicesOf(latchkey)
    const id = await createUser(url)
    const { secret } = await keys.asOperator().create(id, { name: 'CI', scopes: ['read:orders'] })
    expect(secret).toMatch(/^shop_/)
    expect([...catalogue.keys()]).toEqual(expect.arrayContaining(['read:keys', 'write:orders']))
    const authentication = await latchkey.authenticator.authenticate(carrying(secret))
    expect(authentication).toMatchObject({ principal: { subject: 'ada', userId: id } })
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
    const id = await createUser(url, 'shop_auth')
    const { secret } = await servicesOf(shop)
      .keys.asOperator()
      .create(id, {
        name: 'CI',
        scopes: ['read:orders'],
      })
    expect(await shop.authenticator.authenticate(carrying(secret))).toMatchObject({
      principal: { subject: 'ada' },
    })
    expect(await blog.authenticator.authenticate(carrying(secret))).toMatchObject({
      refusal: { reason: 'key-unknown' },
    })
    expect(await sql`select from pg_namespace where nspname = 'latchkey'`).toHaveLength(0)
  })

  it('closes its connections, once', async () => {
    const { url } = await emptyDatabase()
    const latchkey = await connect({ url, scopes })
    await latchkey.close()
    await latchkey.close()
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
    ['no connection string', { url: undefined }, /`url` must be a connection string/],
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
    const first = await connect({ url, scopes, keys: { peppers: ['one'] } })
    const { keys } = servicesOf(first)
    await keys.asOperator().create(await createUser(url), { name: 'CI', scopes: ['read:orders'] })
    await expect(connectLatchkey({ url, scopes, log: silent })).rejects.toThrow(
      /`keys\.peppers` lacks peppers .* fingerprints [0-9a-f]+/,
    )
  })

  it('on a database that cannot be reached', async () => {
    const refused = connectLatchkey({ url: 'postgres://u@127.0.0.1:1/d', scopes, log: silent })
    await expect(refused).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })
})

function carrying(credential: string) {
  return {
    header: (name: string) => (name === 'authorization' ? `Bearer ${credential}` : null),
    queryParameters: () => [],
  }
}

async function createUser(url: string, schema = 'latchkey'): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const [row] = await sql`insert into ${sql(schema)}.users (issuer, subject)
    values ('https://issuer.example', 'ada') returning id`
  await sql.end()
  return row?.id
}
