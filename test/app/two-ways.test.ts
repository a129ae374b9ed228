import { Agent, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith, type RawAnswer, type SendOptions, send } from '../support/listening.ts'

/*
 * A POST is answered without a fetch Request and Response being made, where that is possible. Nobody
 * may notice.
 */

let app: TestApp
let direct: Awaited<ReturnType<typeof listenWith>>
let byRequest: Awaited<ReturnType<typeof listenWith>>
let key: string
let jwt: string
let answeredDirectly = 0

beforeAll(async () => {
  app = await createTestApp({
    AUTH_FAILURES_PER_MINUTE: '0',
    CORS_ORIGINS: 'https://app.example',
    API_KEY_QUERY_PARAM: 'api_key',
  })
  direct = await listenWith({
    fetch: app.fetch,
    listener: (request, response) => {
      const answered = app.listener(request, response)
      if (answered) answeredDirectly++
      return answered
    },
  })
  byRequest = await listenWith({ fetch: app.fetch, listener: () => false })
  key = (await app.key('alice', ['read:users', 'write:keys'])).secret
  jwt = await app.jwt('alice', ['read:users', 'write:keys'])
})
afterAll(async () => {
  await direct.close()
  await byRequest.close()
  await app.close()
})

interface Sent {
  readonly method?: string
  readonly target?: string
  /** Names and values in turn. */
  readonly headers?: readonly string[]
  readonly body?: string
}

const json = ['Content-Type', 'application/json']
const as = (credential: string) => [...json, 'Authorization', `Bearer ${credential}`]
const ask = (query: unknown, rest: object = {}) => JSON.stringify({ query, ...rest })

function comparable({ status, headers, body }: RawAnswer) {
  const { date: _date, ...told } = headers
  return { status, headers: told, body }
}

/** The same answer by both ways, as the first gave it. */
async function both({ method = 'POST', target = '/graphql', headers = json, body = '' }: Sent) {
  const sent = [...headers, 'X-Request-Id', 'the-same']
  const [one, other] = await Promise.all(
    [direct, byRequest].map(({ port }) => send(port, target, sent, { method, body })),
  )
  if (one === undefined || other === undefined) throw new Error('not answered')
  expect(comparable(one)).toEqual({ ...comparable(other) })
  await bothAgain(target, sent, { method, body })
  return one
}

const repetitions = 4

/** Ids stand in the words of some answers too, whose length then is another. */
function withoutId({ status, headers, body }: ReturnType<typeof comparable>, id: string) {
  const { 'x-request-id': _id, 'content-length': length, ...told } = headers
  const lengthIsRight = length === undefined || Number(length) === Buffer.byteLength(body)
  return { status, headers: told, lengthIsRight, body: body.replaceAll(id, '…') }
}

/** The same on a connection that stays open, where answers that are alike are written otherwise. */
async function bothAgain(target: string, sent: readonly string[], options: SendOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const expected = comparable(await send(byRequest.port, target, sent, { ...options, agent }))
  for (let i = 0; i < repetitions; i++) {
    const id = `repetition-${i}`
    const headers = sent.map((value) => (value === 'the-same' ? id : value))
    const answer = comparable(await send(direct.port, target, headers, { ...options, agent }))
    expect(answer.headers['x-request-id']).toBe(id)
    expect(withoutId(answer, id)).toEqual(withoutId(expected, 'the-same'))
  }
  agent.destroy()
}

const viewer = ask('{ viewer { subject scopes } }')
const users = ask('{ users(first: 2) { nodes { id subject } totalCount } }')

const cases: readonly [name: string, sent: () => Sent, status: number, direct?: boolean][] = [
  ['a key', () => ({ headers: as(key), body: viewer }), 200],
  ['a JWT', () => ({ headers: as(jwt), body: viewer }), 200],
  ['X-API-Key', () => ({ headers: [...json, 'X-API-Key', key], body: viewer }), 200],
  ['no credential where none is needed', () => ({ body: ask('{ scopes { name } }') }), 200],
  ['no credential where one is needed', () => ({ body: ask('{ me { id } }') }), 401],
  ['a connection', () => ({ headers: as(key), body: users }), 200],
  ['a malformed key', () => ({ headers: as(`${key}x`), body: viewer }), 401],
  ['a JWT that is none', () => ({ headers: as('a.b.c'), body: viewer }), 401],
  ['two credentials', () => ({ headers: [...as(key), 'X-API-Key', key], body: viewer }), 400],
  [
    'Authorization twice',
    () => ({ headers: [...as(key), ...as(key).slice(2)], body: viewer }),
    400,
  ],
  ['an empty Bearer', () => ({ headers: as(''), body: viewer }), 200],
  ['an empty key', () => ({ headers: [...as(key), 'X-API-Key', ''], body: viewer }), 200],
  [
    'another scheme beside a key',
    () => ({ headers: [...json, 'Authorization', 'Basic YTpi', 'X-API-Key', key], body: viewer }),
    200,
  ],
  [
    'a key by another scheme',
    () => ({ headers: [...json, 'Authorization', `Token ${key}`], body: viewer }),
    401,
  ],
  [
    'a lower-case scheme',
    () => ({ headers: [...json, 'authorization', `bearer ${key}`], body: viewer }),
    200,
  ],
  ['a missing scope', () => ({ headers: as(key), body: ask('{ apiKeys { totalCount } }') }), 403],
  ['a syntax error', () => ({ headers: as(key), body: ask('{ viewer {') }), 200],
  ['a validation error', () => ({ headers: as(key), body: ask('{ nothing }') }), 200],
  [
    'a validation error, as GraphQL',
    () => ({
      headers: [...as(key), 'Accept', 'application/graphql-response+json'],
      body: ask('{ nothing }'),
    }),
    400,
  ],
  [
    'bad input',
    () => ({
      headers: as(key),
      body: ask(
        'mutation { createApiKey(input: { name: "", scopes: ["read:users"] }) { secret } }',
      ),
    }),
    200,
  ],
  [
    'what is not there',
    () => ({
      headers: as(key),
      body: ask('mutation { revokeApiKey(input: { id: "nothing" }) { apiKey { id } } }'),
    }),
    200,
  ],
  [
    'a page that is too large',
    () => ({ headers: as(key), body: ask('{ users(first: 1000000) { totalCount } }') }),
    200,
  ],
  [
    'variables',
    () => ({
      headers: as(key),
      body: ask('query ($n: Int!) { users(first: $n) { totalCount } }', { variables: { n: 1 } }),
    }),
    200,
  ],
  [
    'a variable of the wrong type',
    () => ({
      headers: as(key),
      body: ask('query ($n: Int!) { users(first: $n) { totalCount } }', { variables: { n: 'x' } }),
    }),
    200,
  ],
  [
    'variables that are none',
    () => ({ headers: as(key), body: ask('{ viewer { subject } }', { variables: 7 }) }),
    400,
  ],
  [
    'a member that is unknown',
    () => ({ headers: as(key), body: ask('{ viewer { subject } }', { id: 7 }) }),
    400,
  ],
  [
    'an operation that is not there',
    () => ({ headers: as(key), body: ask('query A { scopes { name } }', { operationName: 'B' }) }),
    200,
  ],
  [
    'an operation name of the wrong type',
    () => ({ headers: as(key), body: ask('{ viewer { subject } }', { operationName: 7 }) }),
    400,
  ],
  ['no query', () => ({ headers: as(key), body: '{}' }), 400],
  ['an empty query', () => ({ headers: as(key), body: ask('') }), 400],
  ['a query that is no text', () => ({ headers: as(key), body: ask(7) }), 400],
  ['a batch', () => ({ headers: as(key), body: `[${viewer},${viewer}]` }), 400],
  ['JSON that is no object', () => ({ headers: as(key), body: '"query"' }), 400],
  ['null', () => ({ headers: as(key), body: 'null' }), 400],
  ['what is no JSON', () => ({ headers: as(key), body: '{' }), 400],
  ['a byte order mark', () => ({ headers: as(key), body: `\u{feff}${viewer}` }), 200],
  [
    'text beyond ASCII',
    () => ({ headers: as(key), body: ask('{ viewer { a: subject } } # ü 漢 🎉') }),
    200,
  ],
  [
    'an answer beyond ASCII',
    () => ({
      headers: as(key),
      body: ask('query ($n: Int!) { users(first: $n) { totalCount } }', {
        variables: { n: 'ü 漢 🎉' },
      }),
    }),
    200,
  ],
  ['an empty body', () => ({ headers: [...as(key), 'Content-Length', '0'] }), 400],
  ['a form', () => ({ headers: ['Content-Type', 'text/plain'], body: viewer }), 415],
  ['no media type', () => ({ headers: [], body: viewer }), 415],
  [
    'a media type in capitals',
    () => ({
      headers: ['Content-Type', 'Application/JSON; Charset=UTF-8'],
      body: ask('{ scopes { name } }'),
    }),
    200,
  ],
  [
    'an Accept that nothing meets',
    () => ({ headers: [...as(key), 'Accept', 'image/png'], body: viewer }),
    406,
  ],
  [
    'an Accept by quality',
    () => ({
      headers: [...as(key), 'Accept', 'application/json;q=0.5, application/graphql-response+json'],
      body: viewer,
    }),
    200,
  ],
  [
    'an origin that is let in',
    () => ({ headers: [...as(key), 'Origin', 'https://app.example'], body: viewer }),
    200,
  ],
  [
    'an origin that is not',
    () => ({ headers: [...as('x'), 'Origin', 'https://evil.example'], body: viewer }),
    401,
  ],
  [
    'a document of too many tokens',
    () => ({ headers: as(key), body: ask(`{ ${'scopes { name } '.repeat(3_000)} }`) }),
    200,
  ],
  ['a body that is too large', () => ({ headers: as(key), body: ask(' '.repeat(1_000_001)) }), 413],
  ['a key in the URL', () => ({ target: `/graphql?api_key=${key}`, body: viewer }), 200],
  [
    'GET',
    () => ({
      method: 'GET',
      target: `/graphql?query=${encodeURIComponent('{viewer{subject}}')}`,
      headers: as(key),
    }),
    200,
  ],
  [
    'a mutation by GET',
    () => ({
      method: 'GET',
      target: `/graphql?query=${encodeURIComponent('mutation{revokeAllApiKeys(input:{}){revokedCount}}')}`,
      headers: as(key),
    }),
    405,
  ],
  ['PUT', () => ({ method: 'PUT', headers: as(key), body: viewer }), 405, false],
]

describe('both ways to answer a request give the same', () => {
  it.each(cases)('for %s', async (_name, sent, status, isDirect = true) => {
    const before = answeredDirectly
    const answer = await both(sent())
    expect(answer.status).toBe(status)
    expect(answeredDirectly - before).toBe(isDirect ? 1 + repetitions : 0)
    expect(answer.headers).toMatchObject({
      'x-request-id': 'the-same',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(answer.body).not.toBe('')
  })

  it('for whatever is sent', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('{ viewer { subject } }'))
    const body = fc.oneof(
      fc
        .record(
          {
            query: fc.oneof(text, fc.jsonValue()),
            variables: fc.jsonValue(),
            operationName: fc.oneof(text, fc.jsonValue()),
            extensions: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string({ unit: 'binary', minLength: 1 }),
    )
    const visible = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)
    const headers = fc
      .record(
        {
          'Content-Type': fc.oneof(
            { arbitrary: fc.constant('application/json'), weight: 5 },
            visible,
          ),
          Accept: fc.oneof(
            visible,
            fc.constantFrom('*/*', 'application/*;q=0.1', 'application/graphql-response+json'),
          ),
          Authorization: fc.oneof(visible, fc.constantFrom('key', 'jwt')),
          'X-API-Key': visible,
          Origin: visible,
        },
        { requiredKeys: ['Content-Type'] },
      )
      .map((fields) =>
        Object.entries(fields).flatMap(([name, value]) => [
          name,
          value === 'key' ? `Bearer ${key}` : value === 'jwt' ? `Bearer ${jwt}` : value,
        ]),
      )
    await fc.assert(
      fc.asyncProperty(headers, body, async (names, posted) => {
        await both({ headers: names, body: posted })
      }),
      { numRuns: 200 },
    )
  })

  it('while the database cannot be asked', async () => {
    app.network.weather('cut')
    try {
      const unseen = await app.jwt('bob', ['read:users'])
      expect((await both({ headers: as(unseen), body: viewer })).status).toBe(503)
    } finally {
      app.network.weather('fair')
    }
  })
})

describe('a plugin of a stranger', () => {
  const watching: readonly [string, Plugin][] = [
    ['onRequest', { onRequest: () => {} }],
    ['onResponse', { onResponse: () => {} }],
    ['onRequestParse', { onRequestParse: () => {} }],
    ['onResultProcess', { onResultProcess: () => {} }],
    ['instrumentation', { instrumentation: {} }],
    [
      'a plugin that adds one with onResponse',
      { onPluginInit: ({ addPlugin }) => addPlugin({ onResponse: () => {} } as Plugin) },
    ],
  ]

  async function isDirect(plugin: Plugin) {
    const other = await createTestApp({}, { plugins: [plugin] })
    let direct: boolean | undefined
    const listener = await listenWith({
      fetch: other.fetch,
      listener: (request, response) => {
        direct = other.listener(request, response)
        return direct
      },
    })
    const body = ask('{ scopes { name } }')
    const answer = await send(listener.port, '/graphql', json, { method: 'POST', body })
    await listener.close()
    await other.close()
    expect(answer.status).toBe(200)
    return direct
  }

  it.each(watching)('that has %s sees every request', async (_name, plugin) => {
    expect(await isDirect(plugin)).toBe(false)
  })

  it('that hooks into operations alone is run all the same', async () => {
    const seen: unknown[] = []
    const plugin: Plugin = {
      onExecute({ args }) {
        const { request } = args.contextValue
        seen.push(request.method, request.headers.get('content-type'), request.signal.aborted)
        seen.push(new URL(request.url).pathname)
      },
    }
    expect(await isDirect(plugin)).toBe(true)
    expect(seen).toEqual(['POST', 'application/json', false, '/graphql'])
  })

  it('may look at the signal of each request of a connection', async () => {
    const signals: AbortSignal[] = []
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const plugin: Plugin = {
      onExecute({ args }) {
        signals.push(args.contextValue.request.signal)
      },
    }
    const other = await createTestApp({}, { plugins: [plugin] })
    const listener = await listenWith(other)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve, reject) => {
        const options = { port: listener.port, path: '/graphql', method: 'POST', agent }
        const request = httpRequest(
          { ...options, headers: { 'Content-Type': json[1] } },
          (answer) => answer.resume().on('end', resolve),
        )
        request.on('error', reject).end(ask('{ scopes { name } }'))
      })
    }
    agent.destroy()
    await listener.close()
    await other.close()
    process.off('warning', onWarning)
    expect(signals.map((signal) => signal.aborted)).toEqual(Array(12).fill(false))
    expect(warnings).toEqual([])
  })

  it('that wants a header no answer can have does not end the process', async () => {
    const plugin: Plugin = {
      onExecute: ({ setResultAndStopExecution }) =>
        setResultAndStopExecution({
          errors: [
            new GraphQLError('no', { extensions: { http: { headers: { 'x-reason': 'a\r\nb' } } } }),
          ],
        }),
    }
    const other = await createTestApp({}, { plugins: [plugin] })
    const listener = await listenWith(other)
    const body = ask('{ scopes { name } }')
    const answer = await send(listener.port, '/graphql', json, { method: 'POST', body })
    await listener.close()
    await other.close()
    expect(answer.status).toBe(500)
    expect(JSON.parse(answer.body).errors[0].extensions).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: answer.headers['x-request-id'],
    })
  })
})
