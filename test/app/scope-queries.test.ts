import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let reader: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  reader = (await app.key('alice', ['read:users'])).secret
})
afterAll(() => app.close())

const question = /* GraphQL */ `
  query ($document: String!, $operationName: String, $variables: JSONObject) {
    requiredScopes(document: $document, operationName: $operationName, variables: $variables) {
      scopes
      missing
      fields { coordinate scopes }
    }
  }
`

async function needed(document: string, more: object = {}, as?: string) {
  const { body, status } = await app.ask(question, {
    variables: { document, ...more },
    ...(as !== undefined && { as }),
  })
  expect(status).toBe(200)
  return body.data?.requiredScopes ?? body.errors
}

describe('Query.scopes', () => {
  it('lists every scope with the fields that require it, to every caller', async () => {
    const { body } = await app.ask('{ scopes { name description fields } }')
    const byName = Object.fromEntries(
      body.data.scopes.map((scope: { name: string }) => [scope.name, scope]),
    )
    expect(byName['read:users']).toEqual({
      name: 'read:users',
      description: 'Read users and list them.',
      fields: ['Query._entities', 'Query.user', 'Query.users'],
    })
    expect(byName['write:grants'].fields).toEqual(['Mutation.setUserScopes'])
    expect(byName['introspect:tokens'].fields).toEqual([])
  })
})

describe('Query.requiredScopes', () => {
  it('returns the least privilege, the missing scopes, and each field', async () => {
    const document =
      'query Both { users { nodes { id } } apiKeys { totalCount } viewer { subject } }'
    const expected = {
      scopes: [['read:keys', 'read:users']],
      fields: [
        { coordinate: 'Query.apiKeys', scopes: [['read:keys']] },
        { coordinate: 'Query.users', scopes: [['read:users']] },
      ],
    }
    expect(await needed(document, {}, reader)).toEqual({ ...expected, missing: ['read:keys'] })
    expect(await needed(document)).toEqual({ ...expected, missing: ['read:keys', 'read:users'] })
  })

  it('reports that a public operation requires nothing and `me` no scope', async () => {
    expect(await needed('{ viewer { subject } }')).toEqual({
      scopes: [[]],
      missing: [],
      fields: [],
    })
    expect(await needed('{ me { id } }')).toEqual({
      scopes: [[]],
      missing: [],
      fields: [{ coordinate: 'Query.me', scopes: [[]] }],
    })
  })

  it('uses the variables that decide which fields are reached', async () => {
    const document =
      'query ($with: Boolean = false) { viewer { subject } users @include(if: $with) { totalCount } }'
    expect((await needed(document)).scopes).toEqual([[]])
    expect((await needed(document, { variables: { with: true } })).scopes).toEqual([['read:users']])
  })

  it('never runs the given document', async () => {
    const { secret } = await app.key('alice', ['write:users'])
    const document = 'mutation { createUser(input: { subject: "never" }) { user { id } } }'
    expect(await needed(document, {}, secret)).toMatchObject({ missing: [] })
    expect(await app.stores.users.findByIdentity(app.issuer.issuer, 'never')).toBeNull()
  })

  it.each([
    ['a syntax error', '{ users', {}, 'document', /^Syntax Error/, [{ line: 1, column: 8 }]],
    [
      'an unknown field',
      '{\n  viewer { nme }\n}',
      {},
      'document',
      /^Cannot query field "nme"/,
      [{ line: 2, column: 12 }],
    ],
    [
      'several operations without a name',
      'query A { me { id } } query B { me { id } }',
      {},
      'operationName',
      /name one of them/,
      [
        { line: 1, column: 1 },
        { line: 1, column: 23 },
      ],
    ],
    [
      'a name that is not there',
      '{ me { id } }',
      { operationName: 'B' },
      'operationName',
      /no operation named "B"/,
      [],
    ],
    [
      'a variable of the wrong type',
      'query ($on: Boolean!) { me @include(if: $on) { id } }',
      { variables: { on: 'yes' } },
      'variables',
      /got invalid value "yes"/,
      [{ line: 1, column: 8 }],
    ],
    [
      'a variable that is not declared',
      '{ me @include(if: $missing) { id } }',
      {},
      'document',
      /"\$missing" is not defined/,
      [
        { line: 1, column: 19 },
        { line: 1, column: 1 },
      ],
    ],
    [
      'a document past a limit',
      `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
      {},
      'document',
      /more than 30 aliases/,
      [{ line: 1, column: 1 }],
    ],
    [
      'a document of too many tokens',
      `{ ${'__typename '.repeat(2000)}}`,
      {},
      'document',
      /1000 tokens/,
      undefined,
    ],
  ])('reports %s with its location', async (_name, document, more, field, message, locations) => {
    const [error] = await needed(document, more)
    expect(error).toMatchObject({
      path: ['requiredScopes'],
      message: expect.stringMatching(message),
      extensions: { code: 'BAD_USER_INPUT', field },
    })
    const [first] = error.extensions.errors
    expect(first.message).toBe(error.message)
    if (locations !== undefined) expect(first.locations).toEqual(locations)
  })

  it('suggests names only to a caller with a credential', async () => {
    const [anonymous] = await needed('{ viewr { subject } }')
    expect(anonymous.message).toBe('Cannot query field "viewr" on type "Query".')
    const [known] = await needed('{ viewr { subject } }', {}, reader)
    expect(known.message).toMatch(/Did you mean "viewer"/)
  })
})
