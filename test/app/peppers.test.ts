import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { type App, createApp } from '../../src/server/create-app.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { temporaryFolder } from '../support/server-process.ts'

let app: TestApp
/** A key that the server stored with the pepper `old`. */
let key: { id: string; secret: string }

beforeAll(async () => {
  app = await createTestApp({ KEY_PEPPER: 'old' })
  await app.user('ada')
  key = await app.key('ada', ['read:users'])
})
afterAll(() => app.close())

/** Starts another node on the same database. */
function start(KEY_PEPPER?: string): Promise<App> {
  const config = loadConfig({
    DATABASE_URL: app.databaseUrl,
    JWT_ISSUER: app.issuer.issuer,
    JWT_AUDIENCE: 'https://api.example',
    DATA_DIR: temporaryFolder(),
    LOG_LEVEL: 'silent',
    ...(KEY_PEPPER !== undefined && { KEY_PEPPER }),
  })
  return createApp(config)
}

async function statusOf(node: Pick<App, 'fetch'>, secret: string): Promise<number> {
  const answer = await node.fetch(
    new Request('http://latchkey.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: '{"query":"{ viewer { id } }"}',
    }),
  )
  await answer.text()
  return answer.status
}

const fingerprint = (pepper: string) => createSecretHasher([pepper]).pepper
const pepperOf = async (id: string) => {
  const [row] = await app.sql`
    select secret_pepper as current, previous_secret_pepper as previous
    from latchkey.api_keys where id = ${id}`
  return row
}

describe('a server whose keys are stored under a pepper', () => {
  it.each([[undefined], ['new'], ['new,other']])(
    'does not start with the peppers %s',
    async (peppers) => {
      const error = await start(peppers).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).faults).toEqual([
        {
          variable: 'KEY_PEPPER',
          message: `lacks the pepper with fingerprint ${fingerprint('old')}, under which 1 key is stored; put it back into the list`,
        },
      ])
    },
  )

  it('names every pepper that is missing, with the number of keys', async () => {
    await app.sql`
      insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash, secret_pepper)
      select 'missing-' || lpad(n::text, 8, '0'), owner_id, 'x', scopes, sha256(n::text::bytea),
        '0123456789abcdef'
      from latchkey.api_keys, generate_series(1, 1234) as n where id = ${key.id}`
    const error = await start().catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('0123456789abcdef, under which 1,234 keys are stored')
    expect(String(error)).toContain(fingerprint('old'))
    await app.sql`delete from latchkey.api_keys where id like 'missing-%'`
  })

  it('hashes a secret again under the first pepper when it is used', async () => {
    const { secret, id } = await app.key('ada', ['read:users'])
    const node = await start('new,old')
    expect(await statusOf(node, secret)).toBe(200)
    await vi.waitFor(
      async () => expect((await pepperOf(id))?.current).toBe(fingerprint('new')),
      10_000,
    )
    expect(await statusOf(node, secret)).toBe(200)
    await node.close()
  })

  it('hashes the previous secret again too, in its grace period', async () => {
    const { secret, id } = await app.key('ada', ['read:users', 'write:keys'])
    const answer = await app.ask(
      'mutation ($id: ID!) { rotateApiKey(input: { id: $id }) { secret } }',
      { as: secret, variables: { id } },
    )
    const rotated = answer.body.data.rotateApiKey.secret
    const node = await start('new,old')
    expect(await statusOf(node, secret)).toBe(200)
    await vi.waitFor(
      async () =>
        expect(await pepperOf(id)).toEqual({
          current: fingerprint('old'),
          previous: fingerprint('new'),
        }),
      10_000,
    )
    expect([await statusOf(node, secret), await statusOf(node, rotated)]).toEqual([200, 200])
    await node.close()
  })

  it('hashes secrets from before fingerprints, and those without a pepper, under the first pepper', async () => {
    const known = await app.key('ada', ['read:users'])
    const plain = await app.key('ada', ['read:users'])
    const hash = createSecretHasher().hash(plain.secret.slice(20, -6))
    await app.byHand`update latchkey.api_keys set secret_pepper = null where id = ${known.id}`
    await app.byHand`update latchkey.api_keys set secret_pepper = '', secret_hash = ${hash as never}
      where id = ${plain.id}`
    expect([await statusOf(app, known.secret), await statusOf(app, plain.secret)]).toEqual([
      200, 200,
    ])
    for (const { id } of [known, plain]) {
      await vi.waitFor(
        async () => expect((await pepperOf(id))?.current).toBe(fingerprint('old')),
        10_000,
      )
    }
    expect([await statusOf(app, known.secret), await statusOf(app, plain.secret)]).toEqual([
      200, 200,
    ])
  })

  it('answers 503 for a key that another node has stored under a pepper that it lacks', async () => {
    const node = await start('newest,old,new')
    const { secret, id } = await app.key('ada', ['read:users'])
    expect(await statusOf(node, secret)).toBe(200)
    await vi.waitFor(
      async () => expect((await pepperOf(id))?.current).toBe(fingerprint('newest')),
      10_000,
    )
    await app.waitForChanges()
    const before = app.logged.length
    expect(await statusOf(app, secret)).toBe(503)
    expect(app.logged.slice(before).join('')).toContain(
      `"outage":"no pepper ${fingerprint('newest')}"`,
    )
    const wrong = `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`
    expect(await statusOf(app, wrong)).toBe(401)
    expect(app.logged.slice(before).join('')).not.toContain('newest')
    await node.close()
  })
})
