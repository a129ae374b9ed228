import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  jwt = await app.jwt('alice', ['read:users', 'read:keys', 'write:keys'])
})
afterAll(() => app.close())

const times = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ')
const nested = (depth: number, field: string, inside: string) =>
  `${`${field} { `.repeat(depth)}${inside}${' }'.repeat(depth)}`

/** Makes fragments that each spread the next one twice: 2^n fields when expanded. */
const exploding = (fragments: number) =>
  `query { apiKey(id: "a") { ...F0 } } ${times(fragments, (n) => {
    const inner = n + 1 === fragments ? 'id' : `...F${n + 1}`
    return `fragment F${n} on ApiKey { a: parent { ${inner} } b: parent { ${inner} } }`
  })}`

describe('an operation is refused with the reason', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'a document of almost 512 KiB',
      `{ ${'__typename '.repeat(47_000)} }`,
      'tokens',
      /2000 tokens/,
    ],
    [
      '10,000 aliases',
      `{ ${times(10_000, (n) => `a${n}: viewer { subject }`)} }`,
      'tokens',
      /tokens/,
    ],
    ['500 aliases', `{ ${times(500, (n) => `a${n}: __typename`)} }`, 'aliases', /30 aliases/],
    [
      'aliases in a fragment that is spread often',
      `{ ${times(4, () => 'viewer { user { ...F } }')} } fragment F on User { ${times(8, (n) => `a${n}: id`)} }`,
      'aliases',
      /30 aliases/,
    ],
    [
      'deep nesting',
      `{ apiKey(id: "a") { ${nested(400, 'parent', 'id')} } }`,
      'depth',
      /16 fields deep/,
    ],
    [
      'deep nesting behind a fragment used before on a higher level',
      `{ apiKey(id: "a") { ...Short ${nested(10, 'parent', '...Short')} } } fragment Short on ApiKey { ${nested(6, 'parent', 'id')} }`,
      'depth',
      /16 fields deep/,
    ],
    // The stack size that parsing needs varies between runs.
    [
      'deep lists',
      `{ user(id: ${'['.repeat(30_000)}) { id } }`,
      'depth or tokens',
      /nested too deep|tokens/,
    ],
    [
      'a literal list of 20,000',
      `mutation { createApiKey(input: { name: "a", scopes: [${'"read:users", '.repeat(20_000)}] }) { secret } }`,
      'tokens',
      /tokens/,
    ],
    [
      'a flood of directives',
      `{ __typename ${'@include(if: true) '.repeat(200)} }`,
      'directives',
      /50 directives/,
    ],
    [
      'a flood of unknown directives',
      `{ __typename ${'@a '.repeat(900)} }`,
      'directives',
      /50 directives/,
    ],
    [
      'introspection in circles',
      `{ __schema { types { ${'fields { type { '.repeat(9)}name${' } }'.repeat(9)} } } }`,
      'depth',
      /16 fields deep/,
    ],
    ['exploding fragments', exploding(40), 'depth', /16 fields deep/],
    ['exploding fragments within the depth', exploding(13), 'aliases', /30 aliases/],
    [
      'exploding fragments without an alias',
      `{ users { ...A } } ${times(13, (n) => `fragment ${String.fromCharCode(65 + n)} on UserConnection { ${n === 12 ? 'totalCount' : times(4, () => `...${String.fromCharCode(66 + n)}`)} }`)}`,
      'cost',
      /more than 10000 fields/,
    ],
    [
      'many large pages',
      `{ ${times(6, (n) => `p${n}: apiKeys(first: 100) { nodes { id name scopes start status owner { id subject name email status scopes createdAt } metadata createdAt } }`)} }`,
      'cost',
      /more than 10000 fields/,
    ],
    [
      'many pages whose size is in a variable',
      `query ($n: Int = 100) { ${times(6, (n) => `p${n}: apiKeys(first: $n) { nodes { id name scopes start status owner { id subject name email status scopes createdAt } metadata createdAt } }`)} }`,
      'cost',
      /more than 10000 fields/,
    ],
  ])('%s', async (_name, query, limit, message) => {
    const { status, body } = await app.ask(query, {
      as: jwt,
      headers: { accept: 'application/graphql-response+json' },
    })
    expect(status).toBe(400)
    expect(body.data).toBeUndefined()
    const error = body.errors.find((one: { message: string }) => message.test(one.message))
    expect(error, JSON.stringify(body).slice(0, 500)).toBeDefined()
    expect(limit.split(' or ')).toContain(error.extensions.limit)
    expect(error.extensions.code).toBe(
      /^Syntax Error/.test(error.message) ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED',
    )
  })

  it('a body of more than 512 KiB', async () => {
    const { status } = await app.ask(`{ __typename } # ${'x'.repeat(512 * 1024)}`)
    expect(status).toBe(413)
  })

  it('a body of more values than any operation needs, before it is parsed', async () => {
    const lists = Array.from({ length: 12_001 }, () => '[]').join()
    const { status, body } = await app.post(`{"query":"{__typename}","variables":{"a":[${lists}]}}`)
    expect(status).toBe(400)
    expect(body.errors[0].message).toBe('The body has more than 12000 values.')
  })

  it('a flood of errors ends', async () => {
    const { body } = await app.ask(`{ ${times(600, (n) => `nothing${n}`)} }`)
    expect(body.errors).toHaveLength(25)
  })
})

describe('a realistic operation is accepted', () => {
  it.each([
    ['introspection by the usual query', getIntrospectionQuery()],
    [
      'with all its fields',
      getIntrospectionQuery({
        inputValueDeprecation: true,
        oneOf: true,
        specifiedByUrl: true,
        schemaDescription: true,
      }),
    ],
    [
      'three full pages of everything',
      '{ users(first: 100) { nodes { id issuer subject email name status scopes createdAt } totalCount } apiKeys(first: 100) { edges { cursor node { id name scopes effectiveScopes status owner { id name } } } pageInfo { endCursor hasNextPage } } more: users(last: 100) { nodes { id name } } }',
    ],
    [
      'a page of 100 users, and the keys of one with their owners and metadata',
      `{ users(first: 100) { nodes { id issuer subject email name status scopes createdAt updatedAt } pageInfo { endCursor } }
         apiKeys(first: 100) { nodes { id name start status scopes metadata usedScopes { scope lastUsedAt } owner { id name } parent { id } } } }`,
    ],
  ])('%s', async (_name, query) => {
    const { status, body } = await app.ask(query, { as: jwt })
    expect(status).toBe(200)
    expect(body.errors).toBeUndefined()
  })

  it('full introspection without a credential', async () => {
    const query = getIntrospectionQuery({
      inputValueDeprecation: true,
      oneOf: true,
      specifiedByUrl: true,
      schemaDescription: true,
    })
    const { body } = await app.ask(query)
    expect(body.errors).toBeUndefined()
    expect(body.data.__schema.types.length).toBeGreaterThan(50)
  })

  it('introspection, even if it selects parts of it several times', async () => {
    const all = `{ ${times(8, (n) => `a${n}: __schema { types { name fields { name } } }`)} }`
    expect((await app.ask(all)).body.errors).toBeUndefined()
    const more = `{ ${times(29, (n) => `a${n}: __schema { types { name fields { name args { name } type { name ofType { name } } } } }`)} }`
    expect((await app.ask(more)).body.errors[0].extensions.limit).toBe('cost')
  })
})

describe('the limits apply to the document of requiredScopes', () => {
  const asked = 'query ($d: String!) { requiredScopes(document: $d) { scopes } }'
  const limitOf = async (document: string, as?: string) => {
    const { body } = await app.ask(asked, { variables: { d: document }, ...(as && { as }) })
    return body.errors[0].extensions.errors[0].limit
  }

  it('whose fragments would explode', async () => {
    expect(await limitOf(exploding(40))).toBe('depth')
    expect(await limitOf(exploding(13))).toBe('aliases')
  })

  it('that has too many tokens, with a lower limit without a credential', async () => {
    const document = `{ ${'viewer { subject issuer nothing } '.repeat(200)} }`
    expect(await limitOf(document)).toBe('tokens')
    expect(await limitOf(document, jwt)).toBeUndefined()
  })

  it('that could return too many fields with its variables', async () => {
    const document = 'query ($n: Int) { users(first: $n) { nodes { id name email } } }'
    const { body } = await app.ask(
      'query ($d: String!, $v: JSONObject) { requiredScopes(document: $d, variables: $v) { scopes } }',
      { variables: { d: document, v: { n: 3_000 } } },
    )
    expect(body.errors[0].extensions.errors[0].limit).toBe('cost')
  })

  it('with many documents in one operation', async () => {
    const many = (count: number) =>
      `query ($d: String!) { ${times(count, (n) => `a${n}: requiredScopes(document: $d) { scopes }`)} }`
    const variables = { d: '{ viewer { subject } }' }
    expect((await app.ask(many(9), { variables })).body.data.a8).toEqual({ scopes: [[]] })
    expect((await app.ask(many(10), { variables })).body.errors[0].extensions).toMatchObject({
      limit: 'cost',
    })
  })
})

describe('the cost of an operation depends on its variables', () => {
  const representations = (count: number) =>
    Array.from({ length: count }, () => ({ __typename: 'User', id: 'nobody' }))
  const entities = (aliases: number) =>
    `query ($r: [_Any!]!) { ${times(aliases, (n) => `a${n}: _entities(representations: $r) { ... on User { id issuer subject email name status scopes createdAt updatedAt } }`)} }`

  it('representations count by their number, wherever they are given', async () => {
    const ask = (aliases: number, count: number) =>
      app.ask(entities(aliases), { as: jwt, variables: { r: representations(count) } })
    expect((await ask(1, 800)).body.errors).toBeUndefined()
    expect((await ask(30, 20)).body.errors).toBeUndefined()
    for (const { status, body } of [await ask(30, 1000), await ask(1, 1000)]) {
      expect(status).toBe(200)
      expect(body).toMatchObject({
        errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit: 'cost' } }],
      })
      expect(body.data).toBeUndefined()
    }
    const literal = `[${times(20, () => '{ __typename: "User", id: "nobody" }')}]`
    const inline = entities(30)
      .replace(/query \(.*?\) /, '')
      .replaceAll('$r', literal)
    expect((await app.ask(inline, { as: jwt })).body.errors[0].extensions.limit).toBe('tokens')
  })

  it('pages count by the requested size', async () => {
    const query =
      'query ($n: Int) { apiKeys(first: $n) { nodes { id name owner { id subject } } } users(last: $n) { nodes { id } } }'
    const answer = (variables: object) =>
      app.ask(query, {
        as: jwt,
        variables,
        headers: { accept: 'application/graphql-response+json' },
      })
    expect((await answer({ n: 100 })).status).toBe(200)
    expect((await answer({})).status).toBe(200)
    expect((await answer({ n: null })).status).toBe(200)
    const { status, body } = await answer({ n: 5_000 })
    expect(status).toBe(400)
    expect(body.errors[0].extensions).toMatchObject({ limit: 'cost', maximum: 10_000 })
  })

  it('is checked before authorization, which takes time for each value', async () => {
    const query = 'query ($r: [_Any!]!) { a: _entities(representations: $r) { __typename } }'
    const { body } = await app.ask(query, { variables: { r: Array(11_000).fill(1) } })
    expect(body.errors[0].extensions.limit).toBe('cost')
  })

  it('an object with thousands of members is refused, because each error about it prints all of them', async () => {
    const input = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`m${n}`, n]))
    const query =
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'
    const { body } = await app.ask(query, { as: jwt, variables: { input } })
    expect(body.errors[0].extensions.limit).toBe('cost')
  })

  it('introspection of one type costs as much as of the largest type', async () => {
    const inner = 'name description isDeprecated type { kind name ofType { kind name } }'
    const one = (n: number) => `a${n}: __type(name: "Mutation") { ...T }`
    const fragment = `fragment T on __Type { fields { ${inner} args { ${inner.replace('isDeprecated ', '')} } } }`
    expect((await app.ask(`{ ${one(0)} } ${fragment}`)).body.errors).toBeUndefined()
    const { body } = await app.ask(`{ ${times(30, one)} } ${fragment}`)
    expect(body.errors[0].extensions.limit).toBe('cost')
  })

  it('a search text longer than any searched value is refused', async () => {
    const query = 'query ($s: String) { users(search: $s) { totalCount } }'
    const variables = { s: 'x'.repeat(401) }
    const { body } = await app.ask(query, { as: await app.jwt('bob', ['read:users']), variables })
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'search' })
  })

  it('lists in arguments count by their length', async () => {
    const scopes = Array.from({ length: 11_000 }, () => 'read:users')
    const query = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }'
    const { body } = await app.ask(query, { as: jwt, variables: { input: { name: 'a', scopes } } })
    expect(body.errors[0].extensions.limit).toBe('cost')
  })
})

describe('limits are configured', () => {
  it('each by a variable', async () => {
    const small = await createTestApp({
      OPERATION_MAX_TOKENS: '100',
      OPERATION_MAX_TOKENS_ANONYMOUS: '200',
      OPERATION_MAX_DEPTH: '3',
      OPERATION_MAX_ALIASES: '1',
      OPERATION_MAX_DIRECTIVES: '1',
      OPERATION_MAX_COST: '59',
    })
    try {
      const messageOf = async (query: string) =>
        (await small.ask(query)).body.errors?.[0].message ?? 'none'
      expect(await messageOf(`{ ${'__typename '.repeat(100)} }`)).toMatch(/100 tokens/)
      expect(await messageOf('{ viewer { user { id } } }')).toBe('none')
      expect(await messageOf('{ viewer { credential { ... { kind } } user { id } } }')).toBe('none')
      expect(await messageOf('{ __schema { types { fields { name } } } }')).toMatch(/3 fields deep/)
      expect(await messageOf('{ a: __typename }')).toBe('none')
      expect(await messageOf('{ a: __typename b: __typename }')).toMatch(/1 aliases/)
      expect(
        await messageOf('{ a: __typename @skip(if: false) b: __typename @skip(if: false) }'),
      ).toMatch(/1 aliases/)
      expect(await messageOf('{ __typename @skip(if: false) @include(if: true) }')).toMatch(
        /1 directives/,
      )
      expect(await messageOf('{ users { totalCount } }')).toMatch(/This needs a credential/)
      expect(await messageOf('{ users { nodes { id } } }')).toMatch(/more than 59 fields/)
      expect(await messageOf('{ users(first: 10) { nodes { id } } }')).toMatch(/needs a credential/)
    } finally {
      await small.close()
    }
  })
})
