import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const closed = [
  ['introspection', getIntrospectionQuery()],
  ['one type', '{ __type(name: "User") { name } }'],
  [
    'introspection behind fragments',
    '{ ...A } fragment A on Query { ... { s: __schema { __typename } } }',
  ],
  [
    'introspection beside another operation',
    'query A { __typename } query B { __schema { __typename } }',
  ],
  ['introspection that is left out', 'query A { __schema @skip(if: true) { __typename } }'],
  ['the subgraph', '{ _service { sdl } }'],
  ['the scopes', '{ scopes { name } }'],
  ['the scopes of an operation', '{ requiredScopes(document: "{ me { id } }") { scopes } }'],
] as const

describe('with PUBLIC_INTROSPECTION=false', () => {
  let app: TestApp
  let key: string
  let jwt: string

  beforeAll(async () => {
    app = await createTestApp({ PUBLIC_INTROSPECTION: 'false' })
    await app.user('alice')
    key = (await app.key('alice', ['read:keys'])).secret
    jwt = await app.jwt('alice', [])
  })
  afterAll(() => app.close())

  it.each(closed)('%s is closed to the anonymous', async (_name, query) => {
    const { status, headers, body } = await app.ask(query, { ...nameIn(query) })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
    expect(body).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it.each(closed)('%s is open to any credential', async (_name, query) => {
    for (const as of [key, jwt]) {
      const { status, body } = await app.ask(query, { as, ...nameIn(query) })
      expect(status).toBe(200)
      expect(body.errors).toBeUndefined()
    }
  })

  it('everything else stays open to anonymous callers', async () => {
    const { body } = await app.ask('{ __typename viewer { __typename } }')
    expect(body).toEqual({ data: { __typename: 'Query', viewer: null } })
  })

  it.each<[string, string, object?]>([
    ['a field', '{ viewer { nothingLikeIt } }'],
    ['a field of a mutation', 'mutation { nothing }'],
    ['a type', '{ viewer { ... on Nothing { subject } } }'],
    ['an argument', '{ users(nothing: 1) { totalCount } }'],
    ['a missing selection', '{ users }'],
    ['a selection of a scalar', '{ viewer { subject { a } } }'],
    ['an enum value', '{ users(status: NOTHING) { totalCount } }'],
    ['a missing input field', 'mutation { createApiKey(input: {}) { secret } }'],
    ['the type of a variable', 'query ($a: Int) { users(status: $a) { totalCount } }'],
    ['a directive', '{ viewer @nothing { subject } }'],
    ['fields that conflict', '{ viewer { a: subject a: issuer } }'],
    [
      'the value of a variable',
      'query ($s: UserStatus) { viewer { subject } users(status: $s) @skip(if: true) { totalCount } }',
      { s: 'NOTHING' },
    ],
    [
      'an input field in a variable',
      'mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) @skip(if: true) { secret } }',
      { i: { nothing: 'a' } },
    ],
  ])(
    'an error about %s names nothing of the schema to anonymous callers',
    async (_name, query, variables = {}) => {
      const detailed = await app.ask(query, { as: key, variables: { ...variables } })
      const { status, body } = await app.ask(query, { variables: { ...variables } })
      expect(body).toEqual({
        errors: [
          {
            message: expect.stringMatching(/^The operation is not valid\. Send a credential/),
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ],
      })
      expect(detailed.status).toBe(status)
      expect(detailed.body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
      expect(detailed.text).not.toContain('The operation is not valid')
    },
  )

  it('a denied operation names no type to anonymous callers', async () => {
    const query = '{ users { nodes { subject } } }'
    const anonymous = await app.ask(query)
    expect(anonymous.status).toBe(401)
    expect(anonymous.body).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
    })
    const { body } = await app.ask(query, { as: jwt })
    expect(body.errors[0].extensions.fields).toContainEqual({
      coordinate: 'Query.users',
      paths: [['users']],
    })
  })

  it('an error about a limit or the syntax stays as it is', async () => {
    const { body } = await app.ask(`{ ${'__typename '.repeat(3000)} }`)
    expect(body.errors[0].message).toMatch(/\d/)
    expect(body.errors).toHaveLength(1)
    expect((await app.ask('{ viewer')).body.errors[0].extensions.code).toBe('GRAPHQL_PARSE_FAILED')
  })

  it('/schema.graphql requires a credential', async () => {
    const anonymous = await get('/schema.graphql')
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
    expect(anonymous.headers.get('content-type')).toBe('application/problem+json')

    const refused = await get('/schema.graphql', { 'x-api-key': `${key.slice(0, -1)}_` })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toMatch(/error="invalid_token"/)

    const twice = await get('/schema.graphql', {
      'x-api-key': key,
      authorization: `Bearer ${jwt}`,
    })
    expect(twice.status).toBe(400)

    for (const authorization of ['', 'Bearer', 'Bearer null', 'Basic YTpi']) {
      const answer = await get('/schema.graphql', { authorization })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
      const beside = await get('/schema.graphql', { authorization, 'x-api-key': key })
      expect(beside.status).toBe(200)
    }

    for (const credential of [key, jwt]) {
      const response = await get('/schema.graphql', { authorization: `Bearer ${credential}` })
      expect(response.status).toBe(200)
      expect(await response.text()).toMatch(/^extend schema/)
    }
  })

  function get(path: string, headers: Record<string, string> = {}) {
    return app.fetch(new Request(`http://latchkey.test${path}`, { headers }))
  }
})

describe('by default', () => {
  let app: TestApp
  let jwt: string

  beforeAll(async () => {
    app = await createTestApp()
    await app.user('alice')
    jwt = await app.jwt('alice', ['write:keys'])
  })
  afterAll(() => app.close())

  it.each(closed)('%s is open to the anonymous', async (_name, query) => {
    const { status, body } = await app.ask(query, { ...nameIn(query) })
    expect(status).toBe(200)
    expect(body.errors).toBeUndefined()
  })

  it('/schema.graphql is open to anonymous callers', async () => {
    const response = await app.fetch(new Request('http://latchkey.test/schema.graphql'))
    expect(response.status).toBe(200)
    const { body } = await app.ask('{ _service { sdl } }')
    expect(await response.text()).toBe(body.data._service.sdl)
  })

  it.each([
    ['a field', '{ viewr { subject } }', {}],
    ['a type', '{ viewer { ... on Principl { subject } } }', {}],
    ['an argument', '{ users(frst: 1) { totalCount } }', {}],
    ['an enum value', '{ users(status: ACTIV) { totalCount } }', {}],
    ['an input field', 'mutation { createApiKey(input: { nam: "a" }) { secret } }', {}],
    [
      'an enum value in a variable',
      'query ($s: UserStatus) { viewer { subject } users(status: $s) @skip(if: true) { totalCount } }',
      { s: 'ACTIV' },
    ],
    [
      'an input field in a variable',
      'mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) @skip(if: true) { secret } }',
      { i: { nam: 'a', name: 'a', scopes: [] } },
    ],
  ])('%s is suggested only to a caller with a credential', async (_name, query, variables) => {
    const suggestion = /Did you mean/
    // The order matters: a result that is cached for one caller must not be sent to the other.
    for (const _time of ['first', 'again']) {
      expect((await app.ask(query, { as: jwt, variables })).text).toMatch(suggestion)
      const anonymous = await app.ask(query, { variables })
      expect(anonymous.body.errors.length).toBeGreaterThan(0)
      expect(anonymous.text).not.toMatch(suggestion)
    }
  })

  it.each([
    ['a syntax error', '{ viewer', 'GRAPHQL_PARSE_FAILED'],
    ['a validation error', '{ viewer { nothingLikeIt } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s gets the same answer for every caller', async (_name, query, code) => {
    const [anonymous, known] = [await app.ask(query), await app.ask(query, { as: jwt })]
    expect(anonymous.text).toBe(known.text)
    expect(anonymous.status).toBe(known.status)
    expect(anonymous.body.errors[0].extensions.code).toBe(code)
  })

  it.each([
    ['application/graphql-response+json', 400],
    ['application/json', 200],
  ])('answers %s with %i to an invalid document', async (accept, expected) => {
    for (const query of ['{ viewer', '{ nothing }', `{ ${'__typename '.repeat(3000)} }`]) {
      expect((await app.ask(query, { headers: { accept } })).status).toBe(expected)
    }
  })
})

function nameIn(query: string): { operationName?: string } {
  return query.startsWith('query A ') ? { operationName: 'A' } : {}
}
