import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, describe, expect, it, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { openDatabase } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type CodeBlock, codeBlocks } from './code-blocks.ts'
import {
  environmentOf,
  type Finished,
  finish,
  oldestAndNewest,
  projectFolder,
  startServer,
} from './installed.ts'

/** What a block is run in: what its words name is there, in a folder and a database of its own. */
interface World {
  readonly cwd: string
  readonly url: string
  readonly env: Record<string, string>
  readonly role: string
  readonly sql: postgres.Sql
  /** Runs it by a shell that ends at the first command that fails. */
  shell(script: string): Promise<Finished>
  /** Runs it by a shell, until what it ends with serves. */
  serve(script: string): Promise<void>
  /** Runs it as a module. */
  module(code: string): Promise<Finished>
}

interface Recipe {
  /** A text that is in this block alone. */
  readonly block: string
  run(code: string, world: World): Promise<void>
}

const done = { code: 0 }
const recipes: readonly Recipe[] = [
  {
    block: 'example.eu.auth0.com',
    run: (code, { url, serve }) => serve(code.replace(/postgres:\/\/\S+/, url)),
  },
  {
    block: "latchkey users grant 'auth0|5f7c'",
    run: async (code, { shell }) =>
      expect(await shell(code)).toMatchObject({
        ...done,
        out: expect.stringMatching(/^The grant of auth0\|5f7c is now: .*write:grants/),
      }),
  },
  {
    block: 'latchkey users merge-issuer https://acme.eu.auth0.com/',
    run: async (code, { shell }) => {
      const aliases = ['https://acme.eu.auth0.com/']
      const issuers = [{ issuer: 'https://login.acme.com/', audience: 'x', aliases }]
      const set = `export JWT_ISSUERS='${JSON.stringify(issuers)}'\n`
      expect(await shell(set + code)).toMatchObject({
        ...done,
        out: expect.stringContaining('Nothing was changed.'),
      })
    },
  },
  {
    block: 'npx latchkey scopes src\n',
    run: async (code, { shell }) => {
      await shell('latchkey schema --output schema.graphql && cp schema.graphql old.graphql')
      const { out, ...finished } = await shell(code)
      expect(finished).toMatchObject(done)
      expect(out).toMatch(/The application needs: read:users\n[\s\S]*lk_\w+\nNo operation needs/)
    },
  },
  {
    block: 'latchkey keys revoke 4fQ1Zs0bKx8TtYv2',
    run: async (code, { shell }) =>
      expect(await shell(code)).toMatchObject({
        ...done,
        out: expect.stringMatching(/^Revoked 4fQ1Zs0bKx8TtYv2 /),
      }),
  },
  {
    block: 'latchkey identity-keys new',
    run: async (code, { shell, cwd }) =>
      expect(
        await shell(
          `export IDENTITY_KEYS_FILE=${cwd}/identity-keys.json\n${code.replace('/etc/latchkey', cwd)}`,
        ),
      ).toMatchObject({
        ...done,
        out: expect.stringMatching(/ signs[\s\S]* retired/),
      }),
  },
  {
    block: "from 'latchkey/verify'",
    run: async (code, { module }) =>
      expect(
        await module(
          `const request = new Request('https://orders.example.com')\n${code.replace(
            'await verifier.verify(request)',
            'await verifier.verify(request).catch((error) => error.status)',
          )}\nconsole.log(principal)`,
        ),
      ).toMatchObject({ ...done, out: expect.stringMatching(/^401\n$/) }),
  },
  {
    block: 'context: async ({ req }) => {',
    run: async (code, { module }) =>
      expect(
        await module(`import { createAuthenticator, createGuard } from 'latchkey'
const authenticator = createAuthenticator({})
const guard = createGuard({ authenticator })
const findUserById = (id) => id
const settings = { ${code} }
console.log((await settings.context({ req: new Request('http://inside/') })).user)
await authenticator.close()`),
      ).toMatchObject({ ...done, out: 'null\n' }),
  },
  {
    block: "from 'latchkey/page'",
    run: async (code, { module, sql }) => {
      // Keys of an issuer that the application does not configure would be a warning, a moment after the start.
      await sql`delete from latchkey.api_keys`
      expect(
        await module(
          `import { buildSchema } from 'graphql'
const findSignedIn = () => null
const schema = buildSchema('type Query { a: Int }')
${code}
const response = await keysPage(new Request('http://inside/settings/keys/new'))
console.log(response.status, (await response.text()).includes('<base href="/settings/keys/">'))
await latchkey.close()`,
        ),
      ).toEqual({ code: 0, err: '', out: '200 true\n' })
    },
  },
  {
    block: 'possibleTypes: ({ id })',
    run: async (code, { module }) => {
      const { out, ...finished } = await module(nodeField(code))
      expect(finished).toEqual({ code: 0, err: '' })
      expect(JSON.parse(out)).toEqual([null, { code: 'UNAUTHENTICATED', data: null }])
    },
  },
  {
    block: '--grant latchkey_server',
    async run(code, { url, role, shell, serve, sql }) {
      const lines = code.replaceAll('latchkey_server', role).split('\n')
      const line = (words: string) => lines.find((line) => line.includes(words)) ?? ''
      const withUrl = (text: string, to: string) => text.replace(/postgres:\/\/[^/]+\/\w+/, to)
      expect(await shell(withUrl(line('latchkey migrate'), url))).toMatchObject(done)
      // psql asks for it at a terminal.
      expect(line('psql')).toContain('\\password')
      await sql.unsafe(`alter role ${role} password 'other'`)
      const server = new URL(url)
      server.username = role
      server.password = 'other'
      await serve(withUrl(line('latchkey serve'), server.href))
    },
  },
  {
    block: '--grant shop_app',
    run: async (code, { url, role, shell }) => {
      const own = code.replace(/postgres:\/\/\S+/, url).replace('shop_app', role)
      expect(await shell(own)).toMatchObject({
        ...done,
        out: expect.stringMatching(/^Applied \d+ [\s\S]*Granted \S+ the rights/),
      })
    },
  },
  {
    block: 'latchkey migrate --dry-run',
    run: async (code, { url, shell }) =>
      expect(await shell(code.replace('postgres://…', url))).toMatchObject({
        ...done,
        out: expect.stringMatching(/^The database is up to date\.\nMIGRATION/),
      }),
  },
  {
    block: 'findMissingPeppers(keyPeppers)',
    run: async (code, { url, module }) =>
      expect(
        await module(`import { connectDirectory } from 'latchkey/postgres'
const directory = connectDirectory({ url: ${JSON.stringify(url)} })
const keyPeppers = []
${code}
await directory.close()`),
      ).toMatchObject(done),
  },
  {
    block: "latchkey.users.get({ as: operator, subject: '17' })",
    run: async (code, { url, module }) =>
      expect(
        await module(`import { connectLatchkey } from 'latchkey/postgres'
const latchkey = await connectLatchkey({
  url: ${JSON.stringify(url)},
  scopes: { 'read:orders': 'Read orders.' },
  session: { issuer: 'https://shop.example', identify: () => null },
})
const { id } = await latchkey.users.create({ as: operator, subject: '17' })
const { key } = await latchkey.keys.create({
  as: operator, ownerId: id, name: 'CI', scopes: ['read:orders'],
})
${code}
const { status, revokedReason } = await latchkey.keys.get({ as: operator, id: key.id })
console.log(status, revokedReason)
await latchkey.close()`),
      ).toMatchObject({ ...done, out: 'REVOKED The contract has ended\n' }),
  },
  {
    block: 'keys: { importedForms: [handMade, betterAuth] }',
    run: async (code, { module }) =>
      expect(await module(code)).toMatchObject({ ...done, out: '1 1\n' }),
  },
  {
    block: "revoked_reason = 'Its pepper is lost.'",
    run: async (code, { sql }) => sqlRuns(code, sql),
  },
  {
    block: 'SET signed_out_at = now()',
    async run(code, { sql }) {
      await sql`insert into latchkey.page_sessions
        (id, secret_hash, user_id, tokens, token_expires_at, expires_at)
        select gen_random_uuid(), '\\x00', id, '', now() + '1 h', now() + '1 h'
        from latchkey.users where subject = 'ada'`
      await sqlRuns(code, sql)
      expect(await sql`select from latchkey.page_sessions`).toHaveLength(0)
      expect(await sql`select from latchkey.users where signed_out_at is null`).toHaveLength(0)
    },
  },
  {
    block: '--type api_key.revoked,api_key.rotated',
    async run(code, { shell }) {
      await shell('latchkey users suspend ada')
      const lines = (await shell(code)).out.trimEnd().split('\n')
      expect(lines).toEqual([expect.stringMatching(/ {2}user\.suspended {2}/)])
    },
  },
  {
    block: '--reason "revoked before the restore"',
    async run(code, { shell, sql }) {
      expect(await shell(code)).toMatchObject(done)
      const keys = await sql`select status, u.scopes, revoked_reason as reason
        from latchkey.api_keys join latchkey.users u on u.id = owner_id`
      const reason = 'revoked before the restore'
      expect(keys).toEqual([{ status: 'SUSPENDED', scopes: '{read:users}', reason }])
    },
  },
  {
    block: "revoked_reason = 'A backup was restored.'",
    async run(code, { sql }) {
      await sqlRuns(code, sql)
      expect(await sql`select from latchkey.api_keys where revoked_at is null`).toHaveLength(0)
    },
  },
  { block: 'n_tup_hot_upd', run: async (code, { sql }) => sqlRuns(code, sql) },
]

async function sqlRuns(code: string, sql: postgres.Sql): Promise<void> {
  await sql.unsafe(code)
}

/** Asks the documented field for a user, which it may answer, and for another that its guard refuses. */
function nodeField(field: string): string {
  return `import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { createYoga } from 'graphql-yoga'
import { createAuthenticator, usePrincipal } from 'latchkey'
import { latchkeyPlugin, scopeAuthOptions } from 'latchkey/pothos'

const builder = new SchemaBuilder({
  plugins: [latchkeyPlugin, ScopeAuthPlugin],
  latchkey: { scopes: { 'read:orders': 'Read orders.' } },
  scopeAuth: scopeAuthOptions((context) => context.principal),
})
const typeOfId = (id) => id.split(':')[0]
const load = (id) => ({ id, kind: typeOfId(id) })
const Node = builder.interfaceRef('Node').implement({
  resolveType: ({ kind }) => kind,
  fields: (t) => ({ id: t.exposeID('id') }),
})
builder.objectRef('Page').implement({ interfaces: [Node] })
builder.objectRef('Order').implement({ interfaces: [Node], requiresScopes: 'read:orders' })
builder.queryType({ fields: (t) => ({ ${field} }) })
const authenticator = createAuthenticator({
  issuers: [{ issuer: 'https://id.example.com', audience: 'https://api.example.com' }],
})
const yoga = createYoga({ schema: builder.toSchema(), plugins: [usePrincipal({ authenticator })] })
const ask = async (id) => {
  const query = encodeURIComponent(\`{ node(id: "\${id}") { id } }\`)
  const { data = null, errors } = await (await yoga.fetch('http://a/graphql?query=' + query)).json()
  return errors ? { code: errors[0].extensions.code, data } : data.node.id === id ? null : data
}
console.log(JSON.stringify([await ask('Page:1'), await ask('Order:1')]))`
}

const project = {
  'src/users.graphql': 'query Users { users { totalCount } }',
  'src/row.tsx': 'const Row = gql`query Row { users { totalCount } }`\nexport const x = <p />',
}

/** Blocks that run before the package is installed, or in a test of their own. */
const elsewhere = (block: CodeBlock) =>
  block.marker !== '' || /^npm (?:install .+|ci && npm (?:start|test)\n$)/.test(block.code)
const blocks = codeBlocks(['ts', 'tsx', 'js', 'sh', 'bash', 'shell', 'sql']).filter(
  (block) => !elsewhere(block),
)

it('has a way to run each block of the documents', () => {
  for (const { place, code } of blocks) {
    expect([place, recipes.filter(({ block }) => code.includes(block)).length]).toEqual([place, 1])
  }
  expect(blocks.length).toBe(recipes.length)
  expect(codeBlocks(['mjs', 'jsx', 'typescript', 'javascript', 'console', 'zsh'])).toEqual([])
})

describe.each(oldestAndNewest)('on Node $version', (node) => {
  const databases: TestDatabase[] = []
  const connections: postgres.Sql[] = []
  const roles: string[] = []
  let n = 0

  afterAll(async () => {
    for (const role of roles) {
      await connections[0]?.unsafe(`drop owned by ${role}`).catch(() => {})
    }
    await Promise.all(connections.map((sql) => sql.end()))
    await Promise.all(databases.map((database) => database.close()))
  })

  async function createWorld(): Promise<World> {
    const cwd = projectFolder()
    mkdirSync(join(cwd, 'src'))
    for (const [name, text] of Object.entries(project)) writeFileSync(join(cwd, name), text)
    const database = await createTestDatabase()
    databases.push(database)
    await fill(database.url)
    const sql = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => {} })
    connections.push(sql)
    const env = {
      ...environmentOf(node),
      DATABASE_URL: database.url,
      DATA_DIR: cwd,
      JWT_ISSUER: 'https://id.example.com',
      JWT_AUDIENCE: 'https://api.example.com',
    }
    const role = `latchkey_server_${process.pid}_${node.version.replaceAll('.', '_')}_${n++}`
    const shell = (script: string) => finish('bash', ['--norc', '-euc', script], { cwd, env })
    return {
      cwd,
      url: database.url,
      env,
      role,
      sql,
      shell,
      async serve(script) {
        const server = await startServer('bash', ['--norc', '-euc', script], { cwd, env })
        await server.stop()
      },
      async module(code) {
        writeFileSync(join(cwd, 'block.mjs'), code)
        return await finish(node.path, ['block.mjs'], { cwd, env })
      },
    }
  }

  test.each(blocks)('$place', async ({ code }) => {
    const recipe = recipes.find(({ block }) => code.includes(block))
    await recipe?.run(code, await createWorld())
  })
})

async function fill(url: string): Promise<void> {
  const { users, keys, close } = openDatabase({ url, defaultUserScopes: null })
  const issuer = 'https://id.example.com'
  for (const subject of ['ada', 'auth0|5f7c']) {
    const user = await users.insert(
      { issuer, subject, email: null, name: null, scopes: null },
      operator,
    )
    if (user === 'duplicate' || subject !== 'ada') continue
    const key = {
      id: '4fQ1Zs0bKx8TtYv2',
      secretHash: Buffer.alloc(32),
      secretPepper: '',
      ownerId: user.id,
      parentId: null,
      name: 'leaked',
      description: null,
      scopes: ['read:users'],
      metadata: {},
      createdAt: new Date(),
      expiresAt: null,
    }
    await keys.insert(key, 10, operator)
  }
  await close()
}
