import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { createKeyMaker } from '../../src/credentials/key-maker.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { openDatabase } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { send } from '../support/listening.ts'
import { codeBlocks } from './code-blocks.ts'
import { environmentOf, nodes, projectFolder, startServer } from './installed.ts'

const cwd = projectFolder()
let issuer: TestIssuer
let database: TestDatabase
let key: string

beforeAll(async () => {
  for (const { marker, code } of codeBlocks(['ts'])) {
    const [, name] = /^example (\S+)$/.exec(marker) ?? []
    if (name !== undefined)
      writeFileSync(join(cwd, name), transformSync(code, { loader: 'ts' }).code)
  }
  issuer = await startIssuer()
  database = await createTestDatabase()
  key = await keyOfAlice(database.url, issuer.issuer)
})
afterAll(async () => {
  await issuer.close()
  await database.close()
})

async function keyOfAlice(url: string, issuer: string): Promise<string> {
  const stores = openDatabase({ url, defaultUserScopes: null })
  const user = await stores.users.insert(
    { issuer, subject: 'alice', email: null, name: null, scopes: null },
    operator,
  )
  const made = createKeyMaker('lk', createSecretHasher()).newKey()
  await stores.keys.insert(
    {
      id: made.id,
      secretHash: made.secretHash,
      secretPepper: made.secretPepper,
      ownerId: user === 'duplicate' ? '' : user.id,
      parentId: null,
      name: 'x',
      description: null,
      scopes: ['read:orders'],
      metadata: {},
      createdAt: new Date(),
      expiresAt: null,
    },
    10,
    operator,
  )
  await stores.close()
  return made.key
}

/** Neither Node's limit on the number of headers nor its way with repeated ones may hide a credential. */
async function expectToSeeEveryHeader(port: number, credential: string): Promise<void> {
  const json = ['Host', 'a.example', 'Content-Type', 'application/json']
  const good = ['Authorization', `Bearer ${credential}`]
  const many = Array.from({ length: 1100 }, () => ['a', '']).flat()
  const ask = async (headers: readonly string[]) => {
    const options = { method: 'POST', body: '{"query":"{ __typename }"}' }
    return (await send(port, '/graphql', [...json, ...headers], options)).status
  }
  expect(await ask(good)).toBe(200)
  expect(await ask([...good, ...good])).toBe(400)
  expect([400, 431]).toContain(await ask([...good, ...many, ...good]))
  expect([401, 431]).toContain(await ask([...many, 'Authorization', 'Bearer bad']))
}

describe.each(nodes)("the documents' programs on Node $version", (node) => {
  async function run(file: string, environment: Record<string, string> = {}) {
    const settings = {
      JWT_ISSUER: issuer.issuer,
      JWT_AUDIENCE: 'https://api.example',
      DATABASE_URL: database.url,
    }
    const server = await startServer(node.path, [file], {
      cwd,
      env: { ...environmentOf(node), ...settings, ...environment },
      path: '/graphql?query={__typename}',
    })
    const ask = async (query: string, credential?: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
        },
        body: JSON.stringify({ query }),
      })
      return { status: response.status, body: await response.json() }
    }
    return { ...server, ask }
  }

  it("guards a stranger's schema written as SDL, for keys and JWTs", async () => {
    const { ask, port, stop } = await run('yoga.mjs')
    const jwt = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
    const narrow = await issuer.sign({ sub: 'alice', scope: 'nothing' })
    expect((await ask('{ hello }')).body).toEqual({ data: { hello: 'Hello stranger' } })
    for (const credential of [key, jwt]) {
      expect((await ask('{ hello orders }', credential)).body).toEqual({
        data: { hello: 'Hello alice', orders: ['one', 'two'] },
      })
    }
    expect((await ask('{ orders }')).status).toBe(401)
    expect((await ask('{ hello orders }', narrow)).status).toBe(403)
    expect((await ask('{ hello }', 'opaque')).status).toBe(401)
    await expectToSeeEveryHeader(port, jwt)
    await stop()
  })

  it("guards a stranger's Pothos schema, for JWTs without a database", async () => {
    const { ask, port, written, stop } = await run('pothos.mjs', { DATABASE_URL: '' })
    const jwt = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
    expect((await ask('{ orders }', jwt)).body).toEqual({ data: { orders: ['one', 'two'] } })
    expect((await ask('{ orders }')).status).toBe(401)
    await expectToSeeEveryHeader(port, jwt)
    expect(written()).toContain('orders: [String!] @requiresScopes(scopes: [["read:orders"]])')
    await stop()
  })

  it.each(['keys-pothos.mjs', 'keys-sdl.mjs'])('adds API keys to an API: %s', async (file) => {
    const { ask, stop } = await run(file)
    const jwt = await issuer.sign({ sub: 'alice', scope: 'read:orders read:keys write:keys' })
    const { body } = await ask(
      'mutation { createApiKey(input: { name: "CI", scopes: ["read:orders"] }) { secret apiKey { id } } }',
      jwt,
    )
    const { secret, apiKey } = body.data.createApiKey
    expect((await ask('{ orders }', secret)).body).toEqual({ data: { orders: ['one', 'two'] } })
    expect((await ask('{ apiKeys { totalCount } }', secret)).status).toBe(403)
    await ask(`mutation { revokeApiKey(input: { id: "${apiKey.id}" }) { effectiveBy } }`, jwt)
    expect((await ask('{ orders }', secret)).status).toBe(401)
    await stop()
  })

  it('accepts the sign-in of an application, and keys of its users', async () => {
    const { port, ask, stop } = await run('session.mjs')
    const send = async (query: string, headers: Record<string, string>) => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: 'session=3d9f0c', ...headers },
        body: JSON.stringify({ query }),
      })
      return { status: response.status, body: await response.json() }
    }
    const page = { 'sec-fetch-site': 'same-origin' }
    const { body } = await send('mutation { createOrderKey(name: "CI") }', page)
    expect((await ask('{ orders }', body.data.createOrderKey)).status).toBe(200)
    expect((await send('{ orders }', page)).body).toEqual({ data: { orders: ['one', 'two'] } })
    expect((await send('{ orders }', { 'sec-fetch-site': 'cross-site' })).status).toBe(401)
    expect((await send('{ orders }', { ...page, cookie: 'session=other' })).status).toBe(401)
    await stop()
  })

  it('is the whole server behind any fetch', async () => {
    const { ask, port, stop } = await run('server.mjs')
    expect((await ask('{ viewer { subject } }', key)).body).toEqual({
      data: { viewer: { subject: 'alice' } },
    })
    await expectToSeeEveryHeader(port, key)
    await stop()
  })
})
