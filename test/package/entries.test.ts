import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { compile } from './compile.ts'
import { environmentOf, finish, folder, nodes, projectFolder } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cwd = projectFolder()
const { exports } = JSON.parse(
  readFileSync(join(folder, 'node_modules/latchkey/package.json'), 'utf8'),
) as { exports: Record<string, unknown> }

/** Of each entry point: a program that uses it, and what it writes. */
const programs: Readonly<Record<string, { readonly code: string; readonly out: string }>> = {
  '.': {
    code: `
import { createSchema, createYoga } from 'graphql-yoga'
import { createAuthenticator, type PrincipalContext, usePrincipal } from 'latchkey'

const authenticator = createAuthenticator({
  issuers: [{ issuer: 'https://id.example.com', audience: 'https://api.example.com' }],
})
const yoga = createYoga<PrincipalContext>({
  schema: createSchema({
    typeDefs: 'directive @public on FIELD_DEFINITION type Query { who: String @public }',
    resolvers: { Query: { who: (_, __, { principal }: PrincipalContext) => principal?.subject ?? 'nobody' } },
  }),
  plugins: [usePrincipal({ authenticator })],
})
const ask = async (headers: Record<string, string>) =>
  await (await yoga.fetch('http://a/graphql?query={who}', { headers })).json()
console.log(JSON.stringify(await ask({})))
console.log((await ask({ authorization: 'Bearer x' })).errors[0].extensions.code)
`,
    out: '{"data":{"who":"nobody"}}\nINVALID_CREDENTIAL\n',
  },
  './pothos': {
    code: `
import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { PrincipalContext } from 'latchkey'
import { latchkeyPlugin, type LatchkeyAuthScopes, printSdl, scopeAuthOptions } from 'latchkey/pothos'

const builder = new SchemaBuilder<{
  Context: PrincipalContext
  Scopes: 'read:orders'
  AuthScopes: LatchkeyAuthScopes
  DefaultAuthStrategy: 'all'
}>({
  plugins: [latchkeyPlugin, ScopeAuthPlugin],
  latchkey: { scopes: { 'read:orders': 'Read orders.' } },
  scopeAuth: scopeAuthOptions((context) => context.principal),
})
builder.queryType({
  fields: (t) => ({
    orders: t.stringList({ requiresScopes: 'read:orders', resolve: () => ['one'] }),
    // @ts-expect-error There is no such scope.
    wrong: t.string({ requiresScopes: 'read:order', resolve: () => '' }),
  }),
})
try {
  console.log(printSdl(builder.toSchema()))
} catch (error) {
  console.log((error as Error).message.includes('read:order'))
}
`,
    out: 'true\n',
  },
  './postgres': {
    code: `
import { createAuthenticator } from 'latchkey'
import { connectDirectory, migrate } from 'latchkey/postgres'

const url = process.env.DATABASE_URL ?? ''
await migrate(url)
const directory = connectDirectory({ url })
const authenticator = createAuthenticator({ issuers: [], directory, trustsIssuer: () => true })
await authenticator.close()
await directory.close()
console.log('closed')
`,
    out: 'closed\n',
  },
  './server': {
    code: `
import { ConfigError, createApp, loadConfig } from 'latchkey/server'

try {
  loadConfig({ PORT: 'x' })
} catch (error) {
  console.log(error instanceof ConfigError && error.faults.map(({ variable }) => variable))
}
const app = await createApp(loadConfig({ ...process.env, PORT: '4000', LOG_LEVEL: 'silent' }))
const response = await app.fetch(new Request('http://127.0.0.1:4000/readyz'))
console.log(response.status)
await app.close()
`,
    out: "[ 'PORT' ]\n200\n",
  },
  './page': {
    code: `
import { createKeysPage } from 'latchkey/page'
import { connectLatchkey } from 'latchkey/postgres'

const latchkey = await connectLatchkey({
  url: process.env.DATABASE_URL ?? '',
  scopes: {},
  session: { issuer: 'https://shop.example', identify: () => null },
})
const options = { latchkey, path: '/keys', url: 'https://shop.example' }
const page = createKeysPage({ ...options, signIn: { url: '/login' } })
console.log((await page(new Request('https://shop.example/keys'))).status)
await latchkey.close()
`,
    out: '200\n',
  },
  './sdl': {
    code: `
import { connectLatchkey } from 'latchkey/postgres'
import { keyManagement } from 'latchkey/sdl'

const latchkey = await connectLatchkey({
  url: process.env.DATABASE_URL ?? '',
  scopes: { 'read:orders': 'Read orders.' },
})
const { typeDefs, resolvers } = keyManagement({ latchkey, fieldPrefix: 'latchkey' })
console.log(typeDefs.includes('latchkeyCreateApiKey'), Object.keys(resolvers).includes('Mutation'))
await latchkey.close()
`,
    out: 'true true\n',
  },
  './express': {
    code: `
import { createAuthenticator } from 'latchkey'
import { expressGuard } from 'latchkey/express'

const requires = expressGuard({
  authenticator: createAuthenticator({ issuers: [{ issuer: 'https://id.example', audience: 'a' }] }),
})
const response = { writeHead: (status: number) => console.log(status), end: () => {} }
await requires('read:orders')({ headers: {}, rawHeaders: [] }, response, () => {})
`,
    out: '401\n',
  },
  './fastify': {
    code: `
import { createAuthenticator } from 'latchkey'
import { fastifyGuard } from 'latchkey/fastify'

const requires = fastifyGuard({
  authenticator: createAuthenticator({ issuers: [{ issuer: 'https://id.example', audience: 'a' }] }),
})
const reply = { code: (status: number) => console.log(status), headers: () => {}, send: () => {} }
await requires('read:orders')({ raw: { headers: {}, rawHeaders: [] } }, reply)
`,
    out: '401\n',
  },
  './hono': {
    code: `
import { createAuthenticator } from 'latchkey'
import { honoGuard } from 'latchkey/hono'

const requires = honoGuard({
  authenticator: createAuthenticator({ issuers: [{ issuer: 'https://id.example', audience: 'a' }] }),
})
const context = { req: { raw: new Request('https://orders.example') }, set: () => {} }
console.log((await requires('read:orders')(context, async () => {}))?.status)
`,
    out: '401\n',
  },
  './verify': {
    code: `
import { createIdentityVerifier, IdentityError, type Principal } from 'latchkey/verify'

const verifier = createIdentityVerifier({ issuer: 'https://auth.example.com', audience: 'orders' })
try {
  const principal: Principal = await verifier.verify(new Request('https://orders.example.com'))
  console.log(principal.subject)
} catch (error) {
  console.log(error instanceof IdentityError && error.code)
}
`,
    out: 'IDENTITY_MISSING\n',
  },
}

const entries = Object.entries(programs).map(([entry, { code, out }]) => ({ entry, code, out }))
const nameOf = (entry: string) => (entry === '.' ? 'main' : entry.slice(2))

beforeAll(() => {
  for (const { entry, code } of entries) writeFileSync(join(cwd, `${nameOf(entry)}.ts`), code)
  mkdirSync(join(cwd, 'node_modules/@types'), { recursive: true })
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name))
  }
})

function filesOf(): string[] {
  return entries.map(({ entry }) => `${nameOf(entry)}.ts`)
}

describe('entry points', () => {
  it('each have a program that uses them', () => {
    expect(Object.keys(programs).sort()).toEqual(
      Object.keys(exports)
        .filter((entry) => !entry.endsWith('.json'))
        .sort(),
    )
  })

  it('have types that those programs compile by', async () => {
    expect(await compile(cwd, filesOf())).toBe('')
  })

  describe.each(nodes)('on Node $version', (node) => {
    test.each(entries)('$entry', async ({ entry, out }) => {
      // Of its own: a program warns about keys that another's issuer left.
      const database = await createTestDatabase()
      try {
        const env = { ...environmentOf(node), DATABASE_URL: database.url, DATA_DIR: cwd }
        const file = `${nameOf(entry)}.js`
        expect(await finish(node.path, [file], { cwd, env })).toEqual({ code: 0, out, err: '' })
      } finally {
        await database.close()
      }
    })
  })
})
