import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from 'graphql-ws'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { codeBlocks } from './code-blocks.ts'
import { compile } from './compile.ts'
import {
  environmentOf,
  finish,
  folder,
  type InstalledServer,
  oldestAndNewest,
  startServer,
} from './installed.ts'

/* The programs of docs/nestjs.md, compiled as their frameworks require. */

const frameworks = fileURLToPath(new URL('../frameworks/', import.meta.url))
const installed = existsSync(join(frameworks, 'node_modules/@nestjs/core'))
const install = 'npm ci --prefix test/frameworks --ignore-scripts --legacy-peer-deps'

it.skipIf(!process.env.CI)('has the frameworks', () => {
  if (!installed) throw new Error(`The frameworks are not installed. Run \`${install}\`.`)
})

describe.skipIf(!installed)('the programs for NestJS and TypeGraphQL', () => {
  let issuer: TestIssuer
  let cwd: string

  beforeAll(async () => {
    issuer = await startIssuer()
    cwd = mkdtempSync(join(frameworks, '.programs-'))
    // Latchkey and the frameworks share the peers of the repository, such as graphql.
    const latchkey = 'node_modules/latchkey'
    cpSync(join(folder, latchkey), join(cwd, latchkey), { recursive: true })
    const scalars = 'node_modules/graphql-scalars' // TypeGraphQL needs another version.
    cpSync(join(folder, scalars), join(cwd, latchkey, scalars), { recursive: true })
    expect(await compile(cwd, writePrograms(cwd), decorators)).toBe('')
  }, 120_000)
  afterAll(async () => {
    await issuer.close()
    rmSync(cwd, { recursive: true, force: true })
  })

  const bearer = async (scope: string) => ({
    authorization: `Bearer ${await issuer.sign({ sub: 'alice', scope })}`,
  })

  describe.each(oldestAndNewest)('on Node $version', (node) => {
    const databases: TestDatabase[] = []
    afterAll(() => Promise.all(databases.map((database) => database.close())))

    async function environment() {
      const database = await createEmptyDatabase()
      databases.push(database)
      const env = { DATABASE_URL: database.url, JWT_ISSUER: issuer.issuer, NO_COLOR: '1' }
      return { ...environmentOf(node), ...env }
    }

    async function start(file: string) {
      const env = await environment()
      const path = '/graphql?query={__typename}'
      const server = await startServer(node.path, [file], { cwd, env, path })
      return { server, databaseUrl: env.DATABASE_URL }
    }

    describe.each(drivers)('NestJS with $driver', ({ driver, file }) => {
      const hasMore = driver === 'Apollo Server'
      let server: InstalledServer
      let databaseUrl: string
      beforeAll(async () => {
        const started = await start(file)
        server = started.server
        databaseUrl = started.databaseUrl
      })
      const newKey = async () => ({ 'x-api-key': await createKey(server, ada, 'Latchkey') })

      it('authorizes fields by API keys, JWTs and sessions', async () => {
        expect(await ask(server, '{ hello }')).toMatchObject(allowed({ hello: 'Hello stranger' }))
        const placed = await ask(server, 'mutation { placeOrder(item: "Tea") { id } }', ada)
        expect(placed).toMatchObject(allowed({ placeOrder: { id: '1' } }))
        const order = { item: 'Tea', placedAt: expect.stringMatching(/^20.*Z$/) }
        expect(
          await ask(server, '{ hello orders { item placedAt } }', await newKey()),
        ).toMatchObject(allowed({ hello: 'Hello 17', orders: [order] }))
        expect(await ask(server, '{ orders { id } }', await bearer('read:orders'))).toMatchObject(
          allowed({ orders: [] }),
        )
      })

      it('denies an operation as a whole, with the status of the denial', async () => {
        expect(await ask(server, '{ hello orders { id } }')).toMatchObject(denied(401))
        const jwt = await bearer('read:orders')
        expect(await ask(server, '{ orders { id invoice } }', jwt)).toMatchObject(denied(403))
        const refused = await ask(server, '{ hello }', { authorization: 'Bearer bad' })
        expect(refused).toMatchObject(denied(401, 'INVALID_CREDENTIAL'))
        const { cookie } = ada
        const crossSite = await ask(server, 'mutation { placeOrder(item: "x") { id } }', { cookie })
        expect(crossSite).toMatchObject(denied(401))
      })

      it('authorizes routes, and answers with problem details', async () => {
        const get = async (headers: Headers) => {
          const response = await fetch(`http://127.0.0.1:${server.port}/orders`, { headers })
          return { status: response.status, type: response.headers.get('content-type') }
        }
        expect((await get(await newKey())).status).toBe(200)
        const type = expect.stringMatching(/^application\/problem\+json/)
        expect(await get({})).toEqual({ status: 401, type })
        expect(await get(await bearer('other'))).toEqual({ status: 403, type })
      })

      it.runIf(hasMore)('authorizes subscriptions', async () => {
        const apiKey = await createKey(server, ada, 'Latchkey')
        const count = { data: { orderCount: expect.any(Number) } }
        expect(await subscribe(server, { apiKey })).toEqual(count)
        const errors = [{ extensions: { code: 'UNAUTHENTICATED' } }]
        expect(await subscribe(server, {})).toMatchObject({ errors })
      })

      it.runIf(hasMore)('has the keys page, for the people who are signed in', async () => {
        const page = `http://127.0.0.1:${server.port}/settings/keys`
        expect(await (await fetch(page)).text()).toContain('<base href="/settings/keys/">')
        const viewer = await post(`${page}/graphql`, { query: '{ viewer { subject } }' }, ada)
        expect(viewer.body).toEqual({ data: { viewer: { subject: '17' } } })
      })

      it.runIf(hasMore)('answers the requests of the page', () => {
        const [{ code: script = '' } = {}] = codeBlocks(['sh']).filter(
          ({ marker }) => marker === 'framework try',
        )
        const run = (text: string) =>
          spawnSync('sh', ['-ec', text.replaceAll('localhost:4017', `127.0.0.1:${server.port}`)], {
            encoding: 'utf8',
          }).stdout
        const [create = '', use = ''] = script.split("KEY='lk_…' # from the answer\n")
        const { secret } = JSON.parse(run(create)).data.createApiKey
        expect(JSON.parse(run(`KEY='${secret}'\n${use}`))).toMatchObject([{ item: 'Tea' }])
      })

      it('writes the last uses of keys when it ends', async () => {
        const key = await newKey()
        await ask(server, '{ orders { id } }', key)
        await server.stop()
        const sql = postgres(databaseUrl, { max: 1, fetch_types: false, onnotice: () => {} })
        const [, id = ''] = key['x-api-key'].split('_')
        const used = await sql`select last_used_at as at from latchkey.api_keys where id = ${id}`
        await sql.end()
        expect(used).toEqual([{ at: expect.any(Date) }])
      })
    })

    const isOldest = node === oldestAndNewest[0]
    it.runIf(isOldest)('NestJS does not start with an undeclared field', async () => {
      const env = await environment()
      const { code, out, err } = await finish(node.path, ['undeclared/main.js'], { cwd, env })
      expect(code).toBe(1)
      expect(out + err).toContain('Query.hello does not declare who may call it.')
    })

    it.runIf(isOldest)('NestJS does not start with two declarations on one route', async () => {
      const env = await environment()
      const { code, out, err } = await finish(node.path, ['twice/main.js'], { cwd, env })
      expect(code).toBe(1)
      expect(out + err).toContain('list declares twice who may call it.')
    })

    it.runIf(isOldest)('NestJS requires the scopes of a directive that it drops', async () => {
      const { server } = await start('deprecated/main.js')
      await ask(server, 'mutation { placeOrder(item: "Tea") { id } }', ada)
      expect(await ask(server, '{ orders { item invoice } }', ada)).toMatchObject({
        body: { data: null, errors: [{ path: ['orders', 0, 'invoice'] }] },
      })
      const alice = await bearer('read:orders write:orders read:invoices')
      await ask(server, 'mutation { placeOrder(item: "Tea") { id } }', alice)
      expect(await ask(server, '{ orders { invoice } }', alice)).toMatchObject(
        allowed({ orders: [{ invoice: 'The invoice of order 2' }] }),
      )
    })

    it('NestJS as a subgraph', async () => {
      const { server } = await start('nestjs/subgraph.js')
      expect(await ask(server, '{ hello }')).toMatchObject(allowed({ hello: 'Hello' }))
      const query =
        '{ _entities(representations: [{ __typename: "Order", id: "1" }]) { __typename } }'
      expect(await ask(server, query)).toMatchObject(denied(401))
      expect(await ask(server, query, await bearer('read:orders'))).toMatchObject(
        allowed({ _entities: [{ __typename: 'Order' }] }),
      )
      const seen = query.replace('__typename }', '... on Order { seenBy } }')
      expect(await ask(server, seen, await bearer('read:orders'))).toMatchObject(
        allowed({ _entities: [{ seenBy: 'alice' }] }),
      )
      const { body } = await ask(server, '{ _service { sdl } }')
      expect(body.data._service.sdl).toContain('@requiresScopes(scopes: [["read:orders"]])')
    })

    it('TypeGraphQL', async () => {
      const { server } = await start('type-graphql/index.js')
      expect(await ask(server, '{ hello }')).toMatchObject(allowed({ hello: 'Hello' }))
      expect(await ask(server, '{ hello orders }')).toMatchObject(denied(401))
      expect(await ask(server, '{ orders }', await bearer('other'))).toMatchObject(denied(403))
      const secret = await createKey(server, await bearer('read:orders write:keys'))
      expect(await ask(server, '{ orders }', { 'x-api-key': secret })).toMatchObject(
        allowed({ orders: ['an order of alice'] }),
      )
    })
  })
})

const drivers = [
  { driver: 'Apollo Server', file: 'nestjs/main.js' },
  { driver: 'Mercurius', file: 'nestjs/mercurius.js' },
]

const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true }

/** The changes of `orders.ts` in the variants of the programs on NestJS. */
const variants: Readonly<Record<string, (code: string) => string>> = {
  undeclared: (code) => code.replace('@Public()\n  hello', 'hello'),
  twice: (code) => code.replace("@RequiresScopes('read:orders')\n  list", '@Public()\n  $&'),
  // NestJS drops the directive of the `@ResolveField`.
  deprecated: (code) =>
    code
      .replace('  Args,\n', '$&  Directive,\n')
      .replace(
        '  @Field()\n  item!',
        '  @Field(() => String)\n  @Directive(\'@deprecated(reason: "x")\')\n  invoice?: string\n\n$&',
      ),
}

/** Writes the programs and their variants. Returns the names of the files. */
function writePrograms(cwd: string): readonly string[] {
  return codeBlocks(['ts']).flatMap(({ marker, code }) => {
    const [, name] = /^framework (\S+)$/.exec(marker) ?? []
    if (name === undefined) return []
    const files = new Map([[name, code]])
    if (name.startsWith('nestjs/')) {
      for (const [variant, change] of Object.entries(variants)) {
        files.set(name.replace('nestjs', variant), change(code))
      }
    }
    for (const [file, text] of files) {
      mkdirSync(join(cwd, dirname(file)), { recursive: true })
      writeFileSync(join(cwd, file), text)
    }
    return [...files.keys()]
  })
}

type Headers = Readonly<Record<string, string>>

/** The person who is signed in to the application on NestJS, as a browser sends it. */
const ada = { cookie: 'session=3d9f0c', 'sec-fetch-site': 'same-origin' }

const allowed = (data: object) => ({ status: 200, body: { data } })

function denied(status: 401 | 403, code = status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN') {
  const challenge = expect.stringMatching(/^Bearer /)
  return { status, challenge, body: { errors: [{ extensions: { code } }] } }
}

async function post(url: string, body: object, headers: Headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const challenge = response.headers.get('www-authenticate')
  return { status: response.status, challenge, body: await response.json() }
}

function ask({ port }: InstalledServer, query: string, headers: Headers = {}, variables = {}) {
  return post(`http://127.0.0.1:${port}/graphql`, { query, variables }, headers)
}

/** Returns the secret of a new key. */
async function createKey(server: InstalledServer, owner: Headers, prefix = ''): Promise<string> {
  const query = `mutation ($input: ${prefix}CreateApiKeyInput!) {
    createApiKey(input: $input) { secret }
  }`
  const input = { name: 'CI', scopes: ['read:orders'] }
  const { body } = await ask(server, query, owner, { input })
  expect(body).not.toHaveProperty('errors')
  return body.data.createApiKey.secret
}

/** Returns the first result of a subscription. */
async function subscribe({ port }: InstalledServer, connectionParams: Record<string, string>) {
  const url = `ws://127.0.0.1:${port}/graphql`
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams })
  const { value } = await client.iterate({ query: 'subscription { orderCount }' }).next()
  await client.dispose()
  return value
}
