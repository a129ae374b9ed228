import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { parseKey } from '../../src/credentials/key-form.ts'
import { printSdl } from '../../src/pothos/index.ts'
import { createSchema } from '../../src/schema/index.ts'
import { commandsOnDatabase } from './on-database.ts'
import { run } from './run.ts'

const printSchema = async () => printSdl(createSchema())

/** Creates a folder with these files. */
function folder(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return path
}

const scopes = (...words: string[]) => run(['scopes', ...words], { printSchema })

const application = {
  'queries.graphql': 'query Me { me { id } }\n\nquery Keys { apiKeys { nodes { ...KeyName } } }\n',
  'src/key.tsx': [
    "import { gql } from 'graphql-tag'",
    'export const KeyName = gql`fragment KeyName on ApiKey { name }`',
    'export function Row<T>({ name }: { name: T }) { return <p>{String(name)}</p> }',
  ].join('\n'),
  'src/users.ts': [
    'const size: number = 10',
    'export const Users = gql`',
    '  query Users { users(first: 10) { nodes { ...UserName } } }',
    `  \${UserName}`,
    '`',
    'const UserName = /* GraphQL */ `fragment UserName on User { name }`',
    'enum Kind { A }',
  ].join('\n'),
  'src/public.mjs': 'const q = graphql(`query Who { viewer { subject } }`)',
  'src/other.js': 'const html = css`a { b: c }`; // no graphql here',
  'node_modules/x/index.graphql': 'query NotOurs { auditEvents { totalCount } }',
  'schema.graphql': 'type Query { nothing: Int }',
  'notes.graphql': '# nothing yet\n',
}

describe('scopes', () => {
  test('shows the scopes that each operation and the whole application need', async () => {
    const path = folder(application)
    const { code, out, err } = await scopes(path)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
    expect(lines).toEqual([
      ['OPERATION', 'FILE', 'SCOPES'],
      ['query Me', `${path}/queries.graphql:1`, '(any credential)'],
      ['query Keys', `${path}/queries.graphql:3`, 'read:keys'],
      ['query Who', `${path}/src/public.mjs:1`, '(nothing)'],
      ['query Users', `${path}/src/users.ts:3`, 'read:users'],
      [''],
      ['The application needs: read:keys read:users'],
    ])
  })

  test('--json prints the same as JSON', async () => {
    const path = folder({ 'a.graphql': 'query A { me { id } users { totalCount } }' })
    expect(JSON.parse((await scopes(path, '--json')).out)).toEqual({
      operations: [
        {
          name: 'query A',
          file: `${path}/a.graphql`,
          line: 1,
          authenticated: true,
          scopes: [['read:users']],
          fields: ['Query.me', 'Query.users'],
        },
      ],
      application: { authenticated: true, scopes: [['read:users']] },
    })
  })

  test('accepts files and globs, and refuses a pattern without a match', async () => {
    const path = folder({
      ...application,
      'src/[id].ts': 'gql`query ById { apiKey(id: "a") { id } }`',
    })
    expect((await scopes(`${path}/src/[id].ts`)).out).toContain('query ById')
    const globbed = (await scopes(`${path}/src/*.{ts,mjs}`, `${path}/src/key.tsx`)).out
    expect(globbed).toContain('query Users')
    expect(globbed).not.toContain('query Keys')
    expect(await scopes(`${path}/nothing/**`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('No source file matches'),
    })
    expect((await scopes(folder({ 'a.ts': 'const a = 1' }))).code).toBe(2)
  })

  test.each([
    [
      'a field that does not exist',
      'src/a.ts',
      'const a = gql`\n  query { mee { id } }\n`',
      'src/a.ts:2:11: Cannot query field "mee"',
    ],
    ['a syntax error', 'a.graphql', 'query {\n  me {\n', 'a.graphql:3:1: Syntax Error'],
    ['code that cannot be read', 'a.ts', 'const = gql`query { me { id } }`', 'a.ts:1:7'],
    [
      'a fragment that does not exist',
      'a.graphql',
      'query { me { ...F } }',
      'a.graphql:1:17: Unknown fragment "F"',
    ],
  ])('refuses %s with its position', async (_name, file, text, message) => {
    const path = folder({ [file]: text })
    const { code, out, err } = await scopes(path)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`${path}/${message}`)
  })

  test('refuses an ambiguous fragment, and prefers one in the same file', async () => {
    const one = 'fragment F on User { id }'
    const other = 'fragment F on User { name }'
    const query = 'query { me { ...F } }'
    const far = folder({ 'a.graphql': query, 'b.graphql': one, 'c.graphql': other })
    expect((await scopes(far)).err).toMatch(/Fragment "F" is defined differently in/)
    const near = folder({ 'a.graphql': `${query} ${one}`, 'c.graphql': other })
    expect((await scopes(near)).code).toBe(0)
  })

  test('--schema uses another SDL, with alternatives', async () => {
    const path = folder({
      'shop.graphqls': `
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@requiresScopes"])
        type Query { orders: Int @requiresScopes(scopes: [["read:orders"], ["admin"]]) }
      `,
      'a.graphql': 'query Orders { orders }',
    })
    const { out } = await scopes(path, '--schema', `${path}/shop.graphqls`)
    expect(out).toContain('The application needs: admin, or read:orders')
  })

  test.each([
    ['--schema', ['--schema', 'absent.graphqls']],
    ['--diff', ['--diff', 'absent.graphqls', 'schema.graphql']],
  ])('%s with a file that cannot be read is a fault of the command line', async (_, words) => {
    const { code, out, err } = await scopes(...words, folder(application))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe('latchkey: The SDL file "absent.graphqls" cannot be read (ENOENT).\n')
  })
})

describe('scopes on a database', () => {
  let cli: Awaited<ReturnType<typeof commandsOnDatabase>>
  beforeAll(async () => {
    cli = await commandsOnDatabase()
  })
  afterAll(() => cli.close())

  const onDatabase = (...words: string[]) => cli.run('scopes', ...words)

  test('--create-key creates a key with exactly these scopes', async () => {
    const { id } = await cli.user('ada')
    const path = folder(application)
    const words = ['--owner', 'ada', '--schema', 'schema.graphql', '--create-key']
    const { code, out, err } = await onDatabase(path, ...words, 'storefront')
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('query Users') })
    const key = parseKey(out.trim(), 'lk')
    expect(out).toBe(`${out.trim()}\n`)
    expect(err).toContain(`Created key ${key?.id}. It is not shown again.\n`)
    expect(await cli.keys.find(key?.id ?? '')).toMatchObject({
      ownerId: id,
      name: 'storefront',
      scopes: ['read:keys', 'read:users'],
    })
    await cli.users.setScopes(id, ['read:keys'], operator)
    const again = await onDatabase(path, ...words, 'x')
    expect(again.err).toMatch(/The grant of ada withholds .*: read:users\n$/)
  })

  test('--create-key creates no key without needed scopes or without an owner', async () => {
    await cli.user('bob')
    const path = folder({ 'a.graphql': '{ me { id } }' })
    const words = [path, '--schema', 'schema.graphql', '--create-key', 'x']
    expect(await onDatabase(...words, '--owner', 'bob')).toMatchObject({ code: 2, out: '' })
    expect(await onDatabase(...words)).toMatchObject({ code: 2, out: '' })
  })

  const schemas = {
    'old.graphqls':
      'directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION type Query { free: Int a: Int @requiresScopes(scopes: [["read:users"]]) b: Int @requiresScopes(scopes: [["read:keys"]]) gone: Int }',
    'new.graphqls':
      'directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION directive @authenticated on FIELD_DEFINITION type Query { free: Int @authenticated a: Int @requiresScopes(scopes: [["read:users", "read:audit"], ["manage:keys"]]) b: Int @requiresScopes(scopes: [["read:keys"], ["manage:keys"]]) }',
    'same.graphql': 'query Same { b }',
    'more.graphql': 'query More { a b }',
    'free.graphql': 'query Free { free }',
  }

  test('--diff lists the operations that need more scopes, and fails if there are some', async () => {
    const path = folder(schemas)
    const diff = (...files: string[]) =>
      scopes(
        '--diff',
        `${path}/old.graphqls`,
        `${path}/new.graphqls`,
        ...files.map((file) => `${path}/${file}`),
      )
    expect(await diff('same.graphql')).toEqual({
      code: 0,
      out: 'No operation needs more scopes.\n',
      err: '',
    })
    const { code, out, err } = await diff('same.graphql', 'more.graphql', 'free.graphql')
    expect({ code, err }).toEqual({
      code: 1,
      err: 'latchkey: 2 of 3 operations would break: they need more scopes or are no longer valid.\n',
    })
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['OPERATION', 'FILE', 'NEEDED BEFORE', 'NEEDS NOW'],
      ['query Free', `${path}/free.graphql:1`, '(nothing)', '(any credential)'],
      [
        'query More',
        `${path}/more.graphql:1`,
        'read:keys read:users',
        'manage:keys, or read:audit read:keys read:users',
      ],
    ])
  })

  test('--diff fails on an operation that is no longer valid, not on one that is new', async () => {
    const path = folder({ ...schemas, 'gone.graphql': 'query Gone { gone }' })
    const [older, newer] = [`${path}/old.graphqls`, `${path}/new.graphqls`]
    const gone = await scopes('--diff', older, newer, `${path}/gone.graphql`, '--json')
    expect(gone.code).toBe(1)
    expect(JSON.parse(gone.out)).toMatchObject({
      needMore: [],
      invalid: [{ name: 'query Gone', errors: [expect.stringContaining('gone.graphql:1:14')] }],
    })
    expect((await scopes('--diff', newer, older, `${path}/gone.graphql`)).code).toBe(0)
  })

  test('--keys lists the active keys that would break, by their effective scopes', async () => {
    await cli.user('carol')
    const key = async (name: string, held: string) => {
      const words = ['--owner', 'carol', '--name', name, '--scopes', held, '--json']
      return JSON.parse((await cli.run('keys', 'create', ...words)).out).apiKey.id as string
    }
    const breaks = await key('breaks', 'read:users,read:keys')
    await key('never could', 'read:users')
    const revoked = await key('revoked', 'read:users,read:keys')
    await cli.run('keys', 'revoke', revoked)
    const path = folder(schemas)
    const words = [
      '--diff',
      `${path}/old.graphqls`,
      `${path}/new.graphqls`,
      `${path}/more.graphql`,
      '--keys',
    ]
    const { code, out } = await onDatabase(...words, '--json')
    expect(code).toBe(1)
    const broken = JSON.parse(out).brokenKeys
    const ofCarol = broken.filter((one: { name: string }) => one.name !== 'storefront')
    expect(ofCarol).toEqual([
      {
        id: breaks,
        name: 'breaks',
        ownerId: expect.any(String),
        missing: ['manage:keys'],
        operations: ['query More'],
      },
    ])
    expect((await onDatabase(...words)).out).toMatch(/KEY +NAME +OWNER +MISSING SCOPES +OPERATIONS/)
  })

  test.each([
    [['--diff', 'one.graphql'], /two SDL files/],
    [['--keys'], /--keys requires --diff/],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await scopes(...words)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})
