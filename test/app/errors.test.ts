import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  jwt = await app.jwt('alice', ['read:users'])
})
afterAll(() => app.close())

const mediaTypes = ['application/graphql-response+json', 'application/json'] as const

describe.each(mediaTypes)('an answer as %s', (accept) => {
  const legacy = accept === 'application/json'
  const cases: [string, string, 'anonymous' | 'alice', number, object, string | null][] = [
    ['a result', '{ viewer { subject } }', 'alice', 200, {}, null],
    [
      'no credential where one is needed',
      '{ me { id } }',
      'anonymous',
      401,
      { code: 'UNAUTHENTICATED', fields: [{ coordinate: 'Query.me', paths: [['me']] }] },
      'Bearer realm="latchkey"',
    ],
    [
      'a scope that is missing',
      '{ users { nodes { id } } apiKeys { nodes { id } } }',
      'alice',
      403,
      {
        code: 'FORBIDDEN',
        requiredScopes: [['read:keys', 'read:users']],
        missingScopes: ['read:keys'],
        notGranted: [],
        help: 'http://127.0.0.1:4000/keys/new?scopes=read:keys',
        fields: [{ coordinate: 'Query.apiKeys', paths: [['apiKeys']] }],
      },
      'Bearer realm="latchkey", error="insufficient_scope", scope="read:keys read:users"',
    ],
    [
      'a syntax error',
      '{ viewer ',
      'anonymous',
      legacy ? 200 : 400,
      { code: 'GRAPHQL_PARSE_FAILED' },
      null,
    ],
    [
      'a validation error',
      '{ nothing }',
      'alice',
      legacy ? 200 : 400,
      { code: 'GRAPHQL_VALIDATION_FAILED' },
      null,
    ],
  ]
  const unnamed = 'query A { scopes { name } } query B { scopes { name } }'
  it.each([
    ['several operations and no name', { query: unnamed }, legacy ? 200 : 400],
    ['a name that no operation has', { query: unnamed, operationName: 'C' }, legacy ? 200 : 400],
    ['no query', {}, 400],
    ['an empty query', { query: '' }, 400],
  ])('of a request with %s', async (_name, body, status) => {
    const answer = await app.post(JSON.stringify(body), { accept })
    expect(answer.status).toBe(status)
    expect(answer.body.errors[0].message).toMatch(/operation|query/)
  })

  it.each(cases)('of %s', async (_name, query, who, status, extensions, challenge) => {
    const answer = await app.ask(query, {
      headers: { accept },
      ...(who === 'alice' && { as: jwt }),
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    if (answer.body.errors) expect(answer.body.errors[0].extensions).toEqual(extensions)
  })

  it('of a refused credential', async () => {
    const answer = await app.ask('{ me { id } }', { as: 'opaque', headers: { accept } })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
  })

  it('of variables that do not fit', async () => {
    const answer = await app.ask('query ($id: ID!) { user(id: $id) { id } }', {
      as: jwt,
      variables: {},
      headers: { accept },
    })
    expect(answer.status).toBe(legacy ? 200 : 400)
    expect(answer.body.data).toBeUndefined()
    expect(answer.body.errors[0].message).toMatch(/\$id/)
  })
})

describe('a request', () => {
  const send = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://latchkey.test${path}`, init))

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/graphql'],
    [''],
  ])('of media type %j is not read', async (type) => {
    const body = new TextEncoder().encode('{"query":"{ viewer { subject } }"}')
    const response = await send('/graphql', {
      method: 'POST',
      body,
      headers: type === '' ? {} : { 'content-type': type },
    })
    expect(response.status).toBe(415)
    expect((await response.json()).errors[0].message).toMatch(/application\/json/)
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by %s is not one', async (method) => {
    const response = await send('/graphql', { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST')
    const { errors } = await response.json()
    expect(errors).toMatchObject([{ extensions: { code: 'METHOD_NOT_ALLOWED' } }])
  })

  it('by GET runs queries only', async () => {
    const query = encodeURIComponent('{ viewer { subject } }')
    const read = await send(`/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${jwt}` },
    })
    expect(await read.json()).toEqual({ data: { viewer: { subject: 'alice' } } })
    const mutation = encodeURIComponent(
      'mutation { revokeApiKey(input: { id: "x" }) { apiKey { id } } }',
    )
    const change = await send(`/graphql?query=${mutation}`, {
      headers: { authorization: `Bearer ${await app.jwt('alice', ['write:keys'])}` },
    })
    expect(change.status).toBe(405)
    expect(change.headers.get('allow')).toBe('POST')
    expect((await change.json()).errors[0].extensions).toEqual({ code: 'METHOD_NOT_ALLOWED' })
  })

  it('of more than 1 MB is refused, whatever its Content-Length', async () => {
    const body = JSON.stringify({
      query: '{ viewer { subject } }',
      variables: { x: 'x'.repeat(1_000_001) },
    })
    const stated = await app.post(body)
    expect(stated.status).toBe(413)
    expect(stated.body.errors).toHaveLength(1)
    const streamed = await send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(streamed.status).toBe(413)
  })

  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{"query":1}',
    '{"query":"{ viewer { subject } }","variables":[]}',
  ])('with the body %s is a bad request', async (body) => {
    const answer = await app.post(body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors.length).toBeGreaterThan(0)
  })

  it('keeps the request id of the client only if it is harmless', async () => {
    const keep = await app.ask('{ viewer { subject } }', {
      headers: { 'x-request-id': 'abc-1.2_3' },
    })
    expect(keep.headers.get('x-request-id')).toBe('abc-1.2_3')
    const drop = await app.ask('{ viewer { subject } }', { headers: { 'x-request-id': 'a b' } })
    expect(drop.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('for an unknown path is answered with a problem (RFC 9457)', async () => {
    const response = await send('/nowhere')
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('x-request-id')).not.toBeNull()
  })

  it('finds the SDL and the state of the node', async () => {
    const sdl = await (await send('/schema.graphql')).text()
    expect(sdl).toMatch(/users\([\s\S]*?@requiresScopes\(scopes: \[\["read:users"\]\]\)/)
    expect(await (await send('/healthz')).json()).toEqual({ status: 'alive' })
    expect(await (await send('/readyz')).json()).toEqual({
      status: 'ready',
      database: 'up',
      identityTokens: 'on',
    })
    expect((await send('/healthz', { method: 'POST' })).status).toBe(405)
  })

  it('finds no development issuer outside development', async () => {
    for (const path of ['/dev/issuer/token', '/dev/issuer/jwks']) {
      expect((await send(path)).status).toBe(404)
    }
  })
})

describe('an unexpected error', () => {
  // Every statement that reads the table fails with an error that only a bug can cause.
  it.each([
    ['in a field', 'api_keys'],
    ['in authentication', 'users'],
  ])(
    '%s is masked, and is in the log with the request id that the caller gets',
    async (_name, table) => {
      const broken = await createTestApp()
      await broken.sql.unsafe(`
      alter table latchkey.${table} rename to moved;
      create view latchkey.${table} as select * from latchkey.moved where 1 / 0 = 0`)
      const as = await broken.jwt('x', ['read:keys'])
      const answer = await broken.ask('{ apiKeys { nodes { id } } }', { as })
      expect(answer.status).toBe(500)
      const [error] = answer.body.errors
      expect(error.message).toBe('Something went wrong on our side.')
      expect(error.extensions).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        requestId: answer.headers.get('x-request-id'),
      })
      const lines = broken.logged.filter((line) => line.includes(error.extensions.requestId))
      expect(lines.filter((line) => line.includes('"level":"error"'))).toHaveLength(1)
      await broken.close()
    },
  )
})

describe('pages', () => {
  it.each([
    ['a negative first', 'first: -1', 'first'],
    ['first of 101', 'first: 101', 'first'],
    ['a negative last', 'last: -1', 'last'],
    ['first and last', 'first: 1, last: 1', 'last'],
    ['a cursor of nowhere', 'after: "nonsense"', 'after'],
    [
      'a cursor of another list',
      `before: "${Buffer.from('1:0123456789abcdef').toString('base64url')}"`,
      'before',
    ],
  ])('refuse %s', async (_name, args, field) => {
    const { body } = await app.ask(`{ users(${args}) { nodes { id } } }`, { as: jwt })
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field })
  })
})
