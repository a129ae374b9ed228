import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'

/* Rare forms of requests of clients and proxies, on both paths that a request can take. */

let app: TestApp
let key: string
let introspector: string
const ways = ['the Node listener', 'a fetch Request'] as const
const ports = new Map<string, number>()
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' })
  const direct = await listenWith(app)
  const byRequest = await listenWith({ fetch: app.fetch, listener: () => false })
  ports.set(ways[0], direct.port).set(ways[1], byRequest.port)
  closing.push(direct.close, byRequest.close)
  key = (await app.key('alice', ['read:users'])).secret
  await app.user('gateway', ['introspect:tokens', 'write:keys'])
  introspector = (await app.key('gateway', ['introspect:tokens'])).secret
})
afterAll(async () => {
  for (const close of closing) await close()
  await app.close()
})

const json = ['Content-Type', 'application/json']
const asKey = () => ['Authorization', `Bearer ${key}`]
const parsed = ({ body }: RawAnswer) => JSON.parse(body)
const codeOf = (answer: RawAnswer) => parsed(answer).errors?.[0].extensions.code

describe.each(ways)('by %s', (way) => {
  const port = () => ports.get(way) ?? 0
  const get = (parameters: string, headers: readonly string[] = []) =>
    send(port(), `/graphql?${parameters}`, [...asKey(), ...headers])
  const post = (body: object | string | Buffer, headers: readonly string[] = []) =>
    send(port(), '/graphql', [...json, ...asKey(), ...headers], {
      method: 'POST',
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    })

  const query = `query=${encodeURIComponent('query A($n: Int) { users(first: $n) { totalCount } }')}`

  describe('the parameters of a GET', () => {
    it.each([
      ['variables=%7B%22n%22%3A1%7D', 'an object'],
      ['variables=', 'an empty value'],
      ['variables=null', 'null'],
      ['extensions=%7B%7D', 'extensions that are an object'],
      ['operationName=A', 'an operation name'],
      ['operationName=', 'an empty operation name'],
      ['variables=%7B%22n%22%3A+1+%7D', 'a plus sign for a space'],
      ['unknown=1&unknown=%zz', 'a parameter that is not ours'],
    ])('%s are read: %s', async (parameters) => {
      const answer = await get(`${query}&${parameters}`)
      expect(answer.status).toBe(200)
      expect(parsed(answer)).toEqual({ data: { users: { totalCount: 2 } } })
    })

    it.each([
      ['variables=[', 'no JSON'],
      ['variables=%7B', 'no JSON, encoded'],
      ['variables=[]', 'a list'],
      ['variables=7', 'a number'],
      ['variables=%22n%22', 'a string'],
      ['variables=true', 'a boolean'],
      ['variables=NaN', 'what only JavaScript knows'],
      ['extensions=[', 'extensions that are not JSON'],
      ['extensions=[]', 'extensions that are a list'],
      ['extensions=7', 'extensions that are a number'],
      ['variables={}&variables={}', 'variables twice'],
      ['extensions={}&extensions={}', 'extensions twice'],
      ['operationName=A&operationName=B', 'the operation name twice'],
      [query, 'the query twice'],
      ['variables=%7B%22n%22%3A1%zz%7D', 'a broken percent-encoding'],
      ['variables=%7B%22n%22%3A%', 'a percent sign at the end'],
      ['variables=%FF', 'a byte that is not UTF-8'],
      ['operationName=%C3%28', 'an operation name that is not UTF-8'],
    ])('%s are 400: %s', async (parameters) => {
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const answer = await get(`${query}&${parameters}`, ['Accept', accept])
        expect({ status: answer.status, code: codeOf(answer) }).toEqual({
          status: 400,
          code: 'BAD_REQUEST',
        })
        expect(answer.headers['content-type']).toBe(`${accept}; charset=utf-8`)
      }
    })

    it.each(['query=%', 'query=%7Bviewer%7Bsubject%7D%7D%FF', 'query=', ''])(
      '%j is 400 for the whole request',
      async (parameters) => {
        const answer = await get(parameters)
        expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST'])
      },
    )

    it('with more values than a body may have are 400', async () => {
      const variables = encodeURIComponent(JSON.stringify({ list: Array(13_000).fill(0) }))
      const url = `http://latchkey.test/graphql?${query}&variables=${variables}`
      const answer = await app.fetch(
        new Request(url, { headers: { authorization: `Bearer ${key}` } }),
      )
      expect(answer.status).toBe(400)
    })
  })

  describe('an operation name', () => {
    const one = '{ viewer { subject } }'
    const two = 'query A { viewer { subject } } query B { scopes { name } }'

    it.each(['', null, undefined])('%j counts as none', async (operationName) => {
      const answer = await post({ query: one, operationName })
      expect(answer.status).toBe(200)
      expect(parsed(answer)).toEqual({ data: { viewer: { subject: 'alice' } } })
      const named = await post({ query: 'query A { viewer { subject } }', operationName })
      expect(parsed(named)).toEqual({ data: { viewer: { subject: 'alice' } } })
      const several = await post({ query: two, operationName })
      expect(codeOf(several)).toBe('OPERATION_RESOLUTION_FAILURE')
    })

    it('that is empty counts as none in requiredScopes', async () => {
      const asked = '{ requiredScopes(document: "{ me { id } }", operationName: "") { scopes } }'
      const answer = await post({ query: asked })
      expect(parsed(answer)).toEqual({ data: { requiredScopes: { scopes: [[]] } } })
    })

    it('that is empty does not bypass the scopes of an operation', async () => {
      const answer = await post({ query: '{ apiKeys { totalCount } }', operationName: '' })
      expect([answer.status, codeOf(answer)]).toEqual([403, 'FORBIDDEN'])
    })

    it('that is empty allows no mutation in a GET', async () => {
      const mutation = encodeURIComponent(
        'mutation { revokeAllApiKeys(input: {}) { revokedCount } }',
      )
      expect((await get(`query=${mutation}&operationName=`)).status).toBe(405)
    })
  })

  describe('a body', () => {
    const viewer = '{"query":"{ viewer { subject } }"}'

    it.each([
      ['a number', '7'],
      ['a string', '"query"'],
      ['null', 'null'],
      ['a batch', `[${viewer},${viewer}]`],
      ['no JSON', '{'],
      ['a query that is not a string', '{"query":7}'],
      ['an operation name that is not a string', '{"query":"{ __typename }","operationName":7}'],
      ['variables that are not an object', '{"query":"{ __typename }","variables":7}'],
      ['a member that is unknown', '{"query":"{ __typename }","id":7}'],
    ])('with %s is 400', async (_name, body) => {
      expect((await post(body)).status).toBe(400)
    })

    it('may begin with a byte order mark', async () => {
      expect(parsed(await post(`\u{feff}${viewer}`))).toEqual({
        data: { viewer: { subject: 'alice' } },
      })
    })

    it('that is not UTF-8 is 400', async () => {
      const latin = Buffer.from('{"query":"{ apiKey(id: \\"\u00fc\\") { id } }"}', 'latin1')
      for (const accept of ['application/json', 'text/event-stream']) {
        const answer = await post(latin, ['Accept', accept])
        expect(answer.status).toBe(400)
        expect(answer.body).toContain('The body is not UTF-8.')
      }
      const form = await send(
        port(),
        '/oauth2/introspect',
        [
          'Content-Type',
          'application/x-www-form-urlencoded',
          'Authorization',
          `Bearer ${introspector}`,
        ],
        { method: 'POST', body: Buffer.from('token=\u00fc', 'latin1') },
      )
      expect(JSON.parse(form.body)).toMatchObject({
        status: 400,
        detail: 'The body is not UTF-8.',
      })
    })

    it('is answered in the preferred media type, and with 406 if none is accepted', async () => {
      const preferred = 'application/json;q=0.5, application/graphql-response+json'
      expect((await post(viewer, ['Accept', preferred])).headers['content-type']).toBe(
        'application/graphql-response+json; charset=utf-8',
      )
      expect((await post(viewer, ['Accept', 'image/png'])).status).toBe(406)
    })
  })

  describe('a persisted query', () => {
    /** The first request of Apollo Client's persisted-query link. */
    const persistedQuery = {
      version: 1,
      sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38',
    }
    const extensions = {
      clientLibrary: { name: '@apollo/client', version: '4.0.0' },
      persistedQuery,
    }
    const notSupported = {
      errors: [
        {
          message: 'PersistedQueryNotSupported',
          extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
        },
      ],
    }

    it.each([
      ['alone', { operationName: 'A', variables: {}, extensions }],
      ['beside an empty query', { query: '', extensions }],
      ['beside null', { query: null, extensions }],
    ])('by its hash %s is not supported', async (_name, body) => {
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const answer = await post(body, ['Accept', accept])
        expect(answer.status).toBe(200)
        expect(parsed(answer)).toEqual(notSupported)
        expect(answer.headers['cache-control']).toBe('no-store')
      }
    })

    it('by its hash is not supported by GET either', async () => {
      const answer = await get(
        `operationName=A&variables=%7B%7D&extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
      )
      expect(answer.status).toBe(200)
      expect(parsed(answer)).toEqual(notSupported)
    })

    it('with its text is run', async () => {
      const answer = await post({ query: '{ viewer { subject } }', extensions })
      expect(parsed(answer)).toEqual({ data: { viewer: { subject: 'alice' } } })
    })

    it.each([
      [{ persistedQuery: null }],
      [{ persistedQuery: {} }],
      [{ persistedQuery: { version: 1, sha256Hash: 7 } }],
      [{}],
    ])('without a valid hash is a bad request: %j', async (named) => {
      const answer = await post({ extensions: named })
      expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST'])
    })

    it('is refused for an invalid credential first', async () => {
      const answer = await send(port(), '/graphql', [...json, 'Authorization', 'Bearer a.b.c'], {
        method: 'POST',
        body: JSON.stringify({ extensions }),
      })
      expect(answer.status).toBe(401)
    })
  })
})

describe('a content coding', () => {
  const viewer = '{"query":"{ viewer { subject } }"}'
  const endpoints = ways.flatMap((way) => [
    { way, target: '/graphql', type: 'application/json', body: viewer },
    {
      way,
      target: '/oauth2/introspect',
      type: 'application/x-www-form-urlencoded',
      body: 'token=x',
    },
  ])

  it.each(endpoints)('is refused at $target by $way', async ({ way, target, type, body }) => {
    const sent = (coding: readonly string[]) =>
      send(
        ports.get(way) ?? 0,
        target,
        ['Content-Type', type, 'Authorization', `Bearer ${introspector}`, ...coding],
        { method: 'POST', body },
      )
    const refused = ['gzip', 'br', 'GZIP', 'deflate, gzip', 'identity, gzip', 'x-unknown', '"']
    for (const coding of refused) {
      const answer = await sent(['Content-Encoding', coding])
      expect(answer.status).toBe(415)
      expect(answer.headers['accept-encoding']).toBe('identity')
      expect(answer.body).toContain('Content-Encoding')
    }
    expect((await sent(['Content-Encoding', 'identity', 'Content-Encoding', 'br'])).status).toBe(
      415,
    )
    for (const coding of ['identity', 'Identity', '', ' identity , identity']) {
      expect((await sent(['Content-Encoding', coding])).status).toBe(200)
    }
  })

  it.each(ways)('is ignored by %s if no body is read', async (way) => {
    const coded = ['Authorization', `Bearer ${key}`, 'Content-Encoding', 'gzip']
    const port = ports.get(way) ?? 0
    const query = encodeURIComponent('{ viewer { subject } }')
    expect((await send(port, `/graphql?query=${query}`, coded)).status).toBe(200)
    for (const method of ['GET', 'POST']) {
      const answer = await send(port, '/auth/verify', coded, { method, body: 'x' })
      expect(answer.status).toBe(200)
    }
  })
})
