import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { openDatabase } from '../../src/db/database.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  command,
  environmentOf,
  type Finished,
  finish,
  oldestAndNewest,
  projectFolder,
  startServer,
} from './installed.ts'

/** Ports below 1024 that nobody listens on. */
const unreachable = 'postgres://latchkey@127.0.0.1:1/latchkey'
const keyId = /^[0-9A-Za-z]{16}$/

interface Case {
  readonly words: string
  readonly env?: Readonly<Record<string, string>>
  /** The standard input. Default: empty. */
  readonly input?: string
  /** Default 0. */
  readonly code?: number
  /** What standard output, or after a failure standard error, has. */
  readonly says: RegExp
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { iss: 'https://id.example.com', aud: 'api', sub: 'ada', iat: 1, exp: 4_000_000_000 }
/** A JWT with a signature of the right length, which is not valid. */
const token = [encoded({ alg: 'ES256' }), encoded(claims), 'A'.repeat(86)].join('.')

/** A key that no database has: that of the README. */
const key = 'lk_cON2oKyKMZLdlD4Z_nEQPKWbKa08SIbL8dEILryjDWZsb3UmFDjPhX41PWmK3tchKz'

/** The configuration of an issuer with an alias. */
const named = JSON.stringify([
  { issuer: claims.iss, audience: claims.aud, aliases: ['login.acme.com'] },
])

/** The commands that do something themselves beside the commands below them. */
const withCommandsBelow = ['token']

/** Of each command that runs to its end: in a project with `src`, on a database with the user ada. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  migrate: [
    { words: 'migrate', says: /^The database is up to date\.\n$/ },
    { words: 'migrate --status', says: /^MIGRATION +STATE\n.* applied\n/ },
    { words: 'migrate --dry-run --json', says: /^\{\s+"migrations": \[\]\s+\}\n$/ },
    { words: `migrate --url ${unreachable}`, code: 69, says: /cannot be reached/ },
    { words: 'migrate --dry-run --status', code: 2, says: /cannot be used with/ },
    { words: 'migrate --schema shop_auth', says: /^Applied \d+ database migrations\.\n/ },
    { words: 'migrate --schema public', code: 2, says: /must name a schema of its own/ },
  ],
  schema: [
    { words: 'schema', says: /\ntype Query /m },
    { words: 'schema --output src/latchkey.graphqls', says: /^$/ },
    { words: 'schema --output missing/schema.graphql', code: 1, says: /ENOENT/ },
  ],
  scopes: [
    { words: 'scopes src', says: /The application needs: read:keys read:users\n$/ },
    { words: 'scopes --diff old.graphqls old.graphqls more.graphql', says: /^No operation needs/ },
    { words: 'scopes --diff old.graphqls new.graphqls more.graphql', code: 1, says: /1 of 1/ },
    {
      words: 'scopes --diff old.graphqls new.graphqls more.graphql --keys',
      code: 1,
      says: /would break/,
    },
    { words: 'scopes src --create-key shop --owner ada', says: /^lk_\w+\n$/ },
    { words: 'scopes src --create-key shop --owner nobody', code: 1, says: /no user "nobody"/ },
    { words: 'scopes missing', code: 2, says: /No source file/ },
  ],
  token: [
    { words: 'token --subject ada --scopes read:users', says: /^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/ },
    { words: 'token --subject ada', env: { NODE_ENV: 'production' }, code: 78, says: /production/ },
    { words: 'token', code: 2, says: /--subject/ },
  ],
  'token explain': [
    { words: 'token explain - --offline', input: token, says: /^ok +sub +"ada"$/m },
    { words: 'token explain - --offline', input: key, says: /^ok +checksum +correct$/m },
    { words: 'token explain -', input: `${key}x`, code: 1, says: /The API key is refused/ },
    { words: 'token explain eyJ', code: 2, says: /standard input/ },
    { words: 'token explain', code: 2, says: /missing required argument/ },
  ],
  audit: [
    { words: 'audit --json', says: /^\{\s+"events": \[\s+\{/ },
    { words: 'audit --since yesterday', code: 2, says: /--since/ },
  ],
  'identity-keys new': [
    { words: 'identity-keys new --file keys.json', says: / EdDSA +signs\n/ },
    { words: 'identity-keys new --file keys.json', code: 1, says: /exists already/ },
  ],
  'identity-keys rotate': [
    { words: 'identity-keys rotate --file keys.json --algorithm ES256', says: / retired\n/ },
    { words: 'identity-keys rotate --file missing.json', code: 1, says: /does not exist/ },
  ],
  'identity-keys list': [
    { words: 'identity-keys list --file keys.json --json', says: /^\{\s+"file": "keys.json",/ },
    { words: 'identity-keys list', code: 1, says: /does not exist/ },
  ],
  'keys create': [
    {
      words: 'keys create --owner ada --name ci --scopes read:users --expires-in 90d',
      says: /^lk_\w+\n$/,
    },
    { words: 'keys create --owner ada --name ci', code: 2, says: /--scopes/ },
    {
      words: 'keys create --owner nobody --name ci --scopes read:users --json',
      code: 1,
      says: /"code":"NOT_FOUND"/,
    },
  ],
  'keys list': [
    { words: 'keys list --owner ada', says: /^ID +.*\n.* ci +/ },
    { words: 'keys list --owner nobody', code: 1, says: /no user "nobody"/ },
  ],
  'keys health': [
    { words: 'keys health', says: /^never-expires: \d+ keys?\n/ },
    { words: 'keys health --owner ada --finding idle --json', says: /"kind": "IDLE"/ },
    { words: 'keys health --finding old', code: 2, says: /Allowed choices are never-expires/ },
  ],
  'keys rotate': [
    { words: 'keys rotate <key> --grace-period 0', says: /^lk_\w+\n$/ },
    { words: 'keys rotate <key> --force --json', says: /"previousExpiresAt": "\d{4}-/ },
    { words: 'keys rotate 0000000000000000', code: 1, says: /no API key/ },
  ],
  'keys revoke': [
    { words: 'keys revoke <key> --dry-run', says: /^\w+ +mine +stops /m },
    { words: 'keys revoke <key> --reason "left behind" --wait', says: /^Revoked \w+ \(mine\)\./ },
    { words: `keys revoke ${key}`, code: 2, says: /by its id, \w{16},/ },
    { words: 'keys revoke 0000000000000000', code: 1, says: /no API key/ },
  ],
  'keys peppers': [
    { words: 'keys peppers', env: { KEY_PEPPER: 'a'.repeat(64) }, says: /hashes new secrets/ },
    { words: 'keys peppers', env: { DATABASE_URL: unreachable }, code: 69, says: /cannot be rea/ },
  ],
  'users list': [
    { words: 'users list --search ada', says: /^ID +.*\n.* ada +/ },
    { words: 'users list', env: { DATABASE_URL: 'mysql://x' }, code: 78, says: /DATABASE_URL/ },
  ],
  'users create': [
    {
      words: 'users create grace --scopes read:users',
      says: /^Created grace of \S+ \(.*read:users\.\n$/,
    },
    { words: 'users create grace', code: 1, says: /exists already/ },
    { words: 'users create grace --issuer https://x.example', code: 2, says: /does not trust/ },
  ],
  'users grant': [
    { words: 'users grant ada --scopes read:users --dry-run --json', says: /"keys": \[/ },
    { words: 'users grant ada --scopes read:users', says: /^The grant of ada is now: read:users/ },
    { words: 'users grant ada --scopes read:everything', code: 2, says: /read:everything/ },
  ],
  'users suspend': [
    { words: 'users suspend ada --dry-run', says: /stops|No active key/ },
    { words: 'users suspend ada --reason "laptop stolen" --json', says: /"status": "SUSPENDED"/ },
    { words: 'users suspend nobody', code: 1, says: /no user "nobody"/ },
  ],
  'users reactivate': [
    { words: 'users reactivate ada --json', says: /"status": "ACTIVE"/ },
    { words: 'users reactivate nobody', code: 1, says: /no user "nobody"/ },
  ],
  'users delete': [
    { words: 'users delete grace --dry-run', says: /^No active key would stop/ },
    { words: 'users delete grace', says: /^Deleted grace\.\n$/ },
    { words: 'users delete nobody --force', code: 1, says: /no user "nobody"/ },
  ],
  'users merge-issuer': [
    {
      words: 'users merge-issuer login.acme.com https://id.example.com --dry-run',
      env: { JWT_ISSUERS: named },
      says: /^Users that would be moved: +0\n[\s\S]*Nothing was changed\.\n$/,
    },
    {
      words: 'users merge-issuer typo https://id.example.com',
      env: { JWT_ISSUERS: named },
      code: 2,
      says: /does not have "typo" as an alias/,
    },
  ],
}

const titled = Object.values(cases)
  .flat()
  .map((one) => {
    const set = Object.entries(one.env ?? {}).map((setting) => setting.join('='))
    return [[...set, one.words].join(' '), one] as const
  })

/** Tried by a test of its own: it runs until it is stopped. */
const servers = ['serve']

const directive =
  'directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION type Query { a: Int'
const project = {
  'src/users.tsx':
    'const Users = gql`query Users { users { totalCount } }`\nexport const x = <p />',
  'src/keys.graphql': 'query Keys { apiKeys { totalCount } }',
  'old.graphqls': `${directive} }`,
  'new.graphqls': `${directive} @requiresScopes(scopes: [["read:a"]]) }`,
  'more.graphql': 'query More { a }',
}

describe.each(oldestAndNewest)('the command line on Node $version', (node) => {
  const cwd = projectFolder()
  let database: TestDatabase
  let keyOfAda: string

  beforeAll(async () => {
    mkdirSync(join(cwd, 'src'))
    for (const [name, text] of Object.entries(project)) writeFileSync(join(cwd, name), text)
    database = await createTestDatabase()
    const { users, close } = openDatabase({ url: database.url, defaultUserScopes: null })
    const ada = { issuer: 'https://id.example.com', subject: 'ada', email: null, name: null }
    await users.insert({ ...ada, scopes: null }, operator)
    await close()
    const words = 'keys create --owner ada --name mine --scopes read:users --json'
    keyOfAda = JSON.parse((await latchkey(words)).out).apiKey.id
    expect(keyOfAda).toMatch(keyId)
  })
  afterAll(() => database.close())

  function latchkey(
    words: string,
    env: Readonly<Record<string, string>> = {},
    input = '',
  ): Promise<Finished> {
    const [...given] = words.match(/"[^"]*"|\S+/g) ?? []
    return finish(
      node.path,
      [command, ...given.map((word) => word.replaceAll('"', '').replace('<key>', keyOfAda))],
      {
        cwd,
        env: { ...environmentOf(node), DATABASE_URL: database.url, DATA_DIR: cwd, ...env },
        input,
      },
    )
  }

  /** Names of the commands that its help lists below those words, with their own words. */
  async function commandsBelow(words: string): Promise<string[]> {
    const { code, out } = await latchkey(`${words} --help`)
    expect(code).toBe(0)
    const [, list = ''] = out.split('\nCommands:\n')
    const names = [...(list.split('\n\n')[0]?.matchAll(/^ {2}([\w-]+)/gm) ?? [])]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help')
    if (names.length === 0) return [words]
    const below = names.map((name) => commandsBelow(`${words} ${name}`.trim()))
    const own = withCommandsBelow.includes(words) ? [words] : []
    return [...own, ...(await Promise.all(below)).flat()]
  }

  it('has a way that works and one that fails for every command', async () => {
    const ways = Object.entries(cases).filter(
      ([, cases]) =>
        cases.some(({ code = 0 }) => code === 0) && cases.some(({ code = 0 }) => code !== 0),
    )
    const tried = [...servers, ...ways.map(([name]) => name)]
    expect((await commandsBelow('')).sort()).toEqual(tried.sort())
  })

  test.each(titled)('%s', async (_title, { words, env, input, code = 0, says }) => {
    const { out, err, ...finished } = await latchkey(words, env, input)
    expect({ ...finished, out, err }).toMatchObject({ code })
    expect(code === 0 ? out : err).toMatch(says)
    expect(err).not.toMatch(/ {4}at |SyntaxError|ReferenceError|Warning/)
  })

  it('prints the schema that is kept', async () => {
    const kept = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')
    expect((await latchkey('schema')).out).toBe(kept)
  })

  it('migrates an empty database', async () => {
    const empty = await createEmptyDatabase()
    expect(await latchkey('users list', { DATABASE_URL: empty.url })).toMatchObject({ code: 78 })
    const migrated = await latchkey(`migrate --url ${empty.url} --json`)
    expect(JSON.parse(migrated.out)).toMatchObject({ upToDate: true })
    expect(await latchkey('users list', { DATABASE_URL: empty.url })).toMatchObject({ code: 0 })
    await empty.close()
  })

  it.each([
    ['one process', ''],
    ['two workers', '--workers 2'],
  ])('serves by %s until it is told to stop', async (_, words) => {
    const env = { ...environmentOf(node), DATABASE_URL: database.url, DATA_DIR: cwd }
    const given = ['serve', ...words.split(' ').filter(Boolean)]
    const server = await startServer(node.path, [command, ...given], { cwd, env })
    const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ scopes { name } }"}',
    })
    expect(await response.json()).toMatchObject({ data: { scopes: expect.any(Array) } })
    expect(await server.stop()).toBe(0)
  })

  it('serves by the database that it brings', async () => {
    const env = { ...environmentOf(node), DATA_DIR: join(cwd, 'data') }
    const server = await startServer(node.path, [command, 'serve'], { cwd, env })
    expect((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })

  it('does not serve in production by default settings', async () => {
    const failed = await latchkey('serve', { NODE_ENV: 'production' })
    expect(failed).toMatchObject({ code: 78, err: expect.stringContaining('JWT_ISSUER') })
  })

  it('is what npx runs', async () => {
    const options = { cwd, env: environmentOf(node) }
    const { out } = await finish('npx', ['--no-install', 'latchkey', '--version'], options)
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
