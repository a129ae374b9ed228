import { createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator, usePrincipal } from '../../src/index.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createSpiedSchema } from '../support/spied-schema.ts'

let app: TestApp
let userId: string
/** An API key and a JWT with the same scopes, without the required one. */
let credentials: string[]

beforeAll(async () => {
  app = await createTestApp()
  userId = (await app.user('alice')).id
  credentials = [
    (await app.key('alice', ['read:keys', 'write:keys'])).secret,
    await app.jwt('alice', ['read:keys', 'write:keys']),
  ]
})
afterAll(() => app.close())

describe('no form of an operation reaches a field that its caller may not read', () => {
  it.each<[string, string, object?]>([
    ['under an alias', '{ me: users { totalCount } }'],
    ['under the alias of a public field', '{ viewer: users { totalCount } }'],
    ['twice under aliases', '{ a: users { totalCount } b: users { totalCount } }'],
    ['in an inline fragment', '{ ... { ... on Query { users { totalCount } } } }'],
    [
      'in a fragment',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { users { totalCount } }',
    ],
    [
      'in a fragment spread twice, once skipped',
      '{ ...A @skip(if: true) ...A } fragment A on Query { users { totalCount } }',
    ],
    ['beside what they may', '{ viewer { subject } apiKeys { totalCount } users { totalCount } }'],
    [
      'by a condition that the variables fulfil',
      'query ($on: Boolean!) { viewer { subject } users @include(if: $on) { totalCount } }',
      { variables: { on: true } },
    ],
    [
      'by a condition that is fulfilled by default',
      'query ($off: Boolean = false) { users @skip(if: $off) { totalCount } }',
    ],
    [
      'by a default that the variables do not override',
      'query ($on: Boolean = true) { users @include(if: $on) { totalCount } }',
      { variables: { off: false } },
    ],
    [
      'in the operation that is named, beside a harmless one',
      'query A { viewer { subject } } query B { users { totalCount } }',
      { operationName: 'B' },
    ],
    [
      'through the union of entities',
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { email } } }',
      { variables: { r: [] } },
    ],
    [
      'through the union of entities, by its type name alone',
      'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      { variables: { r: [] } },
    ],
    ['a hundred fragments down', deep(100)],
  ])('%s', async (_name, query, more = {}) => {
    for (const as of credentials) {
      const { status, body } = await app.ask(query, { as, ...more })
      expect(status).toBe(403)
      expect(body).toEqual({
        errors: [
          {
            message: expect.any(String),
            extensions: expect.objectContaining({
              code: 'FORBIDDEN',
              missingScopes: ['read:users'],
            }),
          },
        ],
      })
    }
    expect((await app.ask(query, more)).status).toBe(401)
  })

  it('and a mutation beside a forbidden one is not run either', async () => {
    const query = /* GraphQL */ `
      mutation ($id: ID!) {
        createApiKey(input: { name: "half", scopes: ["read:keys"] }) { apiKey { id } }
        suspendUser(input: { id: $id }) { user { status } }
      }
    `
    for (const as of credentials) {
      const { status, body } = await app.ask(query, { as, variables: { id: userId } })
      expect(status).toBe(403)
      expect(body.data).toBeUndefined()
      expect(body.errors[0].extensions.fields).toEqual([
        { coordinate: 'Mutation.suspendUser', paths: [['suspendUser']] },
      ])
    }
    const names = await app.sql`select 1 from latchkey.api_keys where name = 'half'`
    expect(names).toHaveLength(0)
  })

  it('while skipped fields require no scope', async () => {
    const query = /* GraphQL */ `
      query ($on: Boolean = false) {
        viewer { subject }
        users @include(if: $on) { totalCount }
        ...U @skip(if: true)
      }
      fragment U on Query { users { totalCount } }
    `
    for (const as of credentials) {
      const { body } = await app.ask(query, { as, variables: { on: false } })
      expect(body).toEqual({ data: { viewer: { subject: 'alice' } } })
    }
  })
})

describe('an operation that cannot be decided is not run', () => {
  it.each<[string, string, object, string, RegExp]>([
    [
      'a cycle',
      '{ ...A } fragment A on Query { ...A users { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /within itself/,
    ],
    [
      'a cycle of two',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A users { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /within itself/,
    ],
    [
      'an unknown directive',
      '{ users @public { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /Unknown directive "@public"/,
    ],
    [
      'a declaration as a directive',
      '{ users @requiresScopes(scopes: [[]]) { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /Unknown directive/,
    ],
    [
      'a condition on what is not declared',
      '{ users @include(if: $missing) { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /"\$missing" is not defined/,
    ],
    [
      'a condition on what may be null',
      'query ($on: Boolean) { users @include(if: $on) { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /expecting type "Boolean!"/,
    ],
    [
      'several operations without a name',
      'query A { viewer { subject } } query B { users { totalCount } }',
      {},
      'OPERATION_RESOLUTION_FAILURE',
      /Could not determine what operation/,
    ],
    [
      'an operation that is not there',
      '{ users { totalCount } }',
      { operationName: 'C' },
      'OPERATION_RESOLUTION_FAILURE',
      /Could not determine what operation/,
    ],
    [
      'a variable of the wrong type',
      'query ($n: Int!) { apiKeys(first: $n) { totalCount } }',
      { variables: { n: 'ten' } },
      'GRAPHQL_VALIDATION_FAILED',
      /\$n/,
    ],
    [
      'a variable of a wrong shape',
      'mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { secret } }',
      { variables: { i: { name: 1, scopes: 'read:keys', expiresAt: 'never' } } },
      'GRAPHQL_VALIDATION_FAILED',
      /\$i/,
    ],
    ['a syntax error', '{ users { totalCount }', {}, 'GRAPHQL_PARSE_FAILED', /^Syntax Error/],
    [
      'no operation',
      'fragment A on Query { users { totalCount } }',
      {},
      'OPERATION_RESOLUTION_FAILURE',
      /Could not determine what operation/,
    ],
  ])('%s', async (_name, query, more, code, message) => {
    for (const as of credentials) {
      const headers = { accept: 'application/graphql-response+json' }
      const { status, body } = await app.ask(query, { as, headers, ...more })
      expect(status).toBe(400)
      expect(body.data).toBeUndefined()
      expect(body.errors[0].message).toMatch(message)
      expect(body.errors[0].extensions.code).toBe(code)
    }
  })

  it('a condition whose variable has the wrong type', async () => {
    // The value allows no conclusion, so the field counts as reached.
    const query = 'query ($on: Boolean!) { users @include(if: $on) { totalCount } }'
    for (const variables of [{ on: 'false' }, { on: 0 }, {}, { on: null }]) {
      expect((await app.ask(query, { variables })).status).toBe(401)
      for (const as of credentials) {
        expect((await app.ask(query, { as, variables })).status).toBe(403)
      }
    }
  })
})

describe('published bypasses, tried on a schema of interfaces and unions', () => {
  const spied = createSpiedSchema()
  let yoga: ReturnType<typeof createYoga>
  const authenticators: { close(): Promise<void> }[] = []

  beforeAll(() => {
    const authenticator = createAuthenticator({
      issuers: [{ issuer: app.issuer.issuer, audience: 'https://api.example' }],
    })
    authenticators.push(authenticator)
    yoga = createYoga({
      schema: spied.schema,
      logging: false,
      plugins: [usePrincipal({ authenticator, undeclared: 'public' })],
    })
  })
  afterAll(() => Promise.all(authenticators.map((one) => one.close())))

  async function ask(query: string) {
    spied.calls.length = 0
    const response = await yoga.fetch('http://yoga.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await app.jwt('alice', ['read:keys'])}`,
      },
      body: JSON.stringify({ query }),
    })
    return { status: response.status, body: await response.json() }
  }

  it.each([
    ['an interface by its own field', '{ node { secret } }'],
    ['an interface by the type that implements it', '{ node { ... on Letter { secret } } }'],
    [
      'an interface in a fragment of another',
      '{ node { ...A } } fragment A on Sealed { ... on Letter { secret } }',
    ],
    ['a type of the interface reached without it', '{ letter { secret } }'],
    ['a member of a union through an interface', '{ found { ... on Node { secret } } }'],
    ['a member of a union by its type', '{ found { ... on Letter { secret } } }'],
    ['a field of a guarded type reached as an interface', '{ node { ... on Vault { label } } }'],
    ['a field of a guarded type reached by a union', '{ found { ... on Vault { name: label } } }'],
    ['a field of a guarded interface reached by its type', '{ letter { ... on Sealed { seal } } }'],
    ['a field of a guarded interface on the type itself', '{ letter { seal } }'],
    ['an interface by another type', '{ node { ... on Parcel { weight } } }'],
    ['a union by its name alone', '{ found { __typename } }'],
  ])('%s (Apollo GHSA-mx7m-j9xf-62hw)', async (_name, query) => {
    const { status, body } = await ask(query)
    expect(status).toBe(403)
    expect(body.errors[0].extensions.missingScopes).toEqual(['read:secrets'])
    expect(spied.calls).toEqual([])
  })

  it('while a selection that cannot be a guarded type is allowed', async () => {
    const { body } = await ask('{ parcel { id weight reply: next { __typename } } }')
    expect(body.errors).toBeUndefined()
    expect(spied.calls).not.toEqual([])
  })

  // Expanding each spread would take longer than any test may.
  it('exponentially expanding fragments are decided quickly (Apollo CVE-2025-32034)', async () => {
    const fragments = Array.from({ length: 60 }, (_, n) => {
      const inner = n === 59 ? 'secret' : `...F${n + 1}`
      return `fragment F${n} on Letter { a${n}: reply { ${inner} } b${n}: reply { ${inner} } }`
    })
    const { status } = await ask(`{ letter { ...F0 } } ${fragments.join(' ')}`)
    expect(status).toBe(403)
    expect(spied.calls).toEqual([])
  })
})

function deep(fragments: number): string {
  const all = Array.from({ length: fragments }, (_, n) => {
    const inner = n + 1 === fragments ? 'users { totalCount }' : `...F${n + 1}`
    return `fragment F${n} on Query { ${inner} }`
  })
  return `{ ...F0 } ${all.join(' ')}`
}
