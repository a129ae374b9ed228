import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'
import { exchange } from '../support/raw-exchange.ts'

/* What Node makes of unusual requests, as far as credentials depend on it. */

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>
let key: string

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' })
  server = await listenWith(app)
  await app.user('alice')
  key = (await app.key('alice', ['read:users'])).secret
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const query = '{"query":"{ viewer { subject } }"}'
const asAlice = '"subject":"alice"'
const asNobody = '"viewer":null'

/** Makes a POST of the query; `KEY` is replaced by the key. */
const post = (...headers: string[]) => [
  'POST /graphql HTTP/1.1',
  'Host: a.example',
  'Content-Type: application/json',
  `Content-Length: ${query.length}`,
  ...headers,
  '',
  query,
]
const chunked = (headers: readonly string[], trailers: readonly string[] = []) => [
  'POST /graphql HTTP/1.1',
  'Host: a.example',
  'Content-Type: application/json',
  'Transfer-Encoding: chunked',
  ...headers,
  '',
  query.length.toString(16),
  query,
  '0',
  ...trailers,
  '',
  '',
]
const get = (target: string, ...headers: string[]) => [
  `GET ${target} HTTP/1.1`,
  'Host: a.example',
  ...headers,
  '',
  '',
]
const send = (lines: readonly string[]) =>
  exchange(server.port, lines.join('\r\n').replaceAll('KEY', key))

const authorization = 'Authorization: Bearer KEY'

describe('a credential counts', () => {
  it.each([
    ['unchanged', post(authorization)],
    ['in a chunked request', chunked([authorization])],
    ['with spaces around it', post('Authorization:  \t Bearer KEY \t ')],
    ['with a field name in any case', post('aUTHORIZATION: Bearer KEY')],
    [
      'named in Connection, which this server ignores because it is not a proxy',
      [...post('Connection: authorization', authorization)],
    ],
    ['beside several cookies', post('Cookie: a=1', authorization, 'Cookie: b=2')],
    [
      'if the target is in absolute form',
      ['POST http://b.example/graphql HTTP/1.1', ...post(authorization).slice(1)],
    ],
    ['where something unheard-of is expected', post('Expect: a-miracle', authorization)],
    ['beside one in a trailer', chunked([authorization], ['Authorization: Bearer KEY'])],
  ])('%s', async (_name, lines) => {
    const answer = await send(lines)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain(asAlice)
  })

  it('after Expect: 100-continue, which is answered first', async () => {
    const answer = await send(post('Expect: 100-continue', authorization))
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
    expect(answer).toContain(asAlice)
  })
})

describe('no credential is', () => {
  it.each([
    ['a header with underscores', post('x_api_key: KEY', 'X_Api-Key: KEY')],
    [
      'a trailer',
      chunked(['Trailer: authorization'], ['Authorization: Bearer KEY', 'X-API-Key: KEY']),
    ],
    ['a cookie', post('Cookie: authorization=Bearer KEY; x-api-key=KEY')],
    ['the user of a URL', ['POST http://u@b.example/graphql HTTP/1.1', ...post().slice(1)], 400],
    ['Proxy-Authorization', post('Proxy-Authorization: Bearer KEY')],
  ])('%s', async (_name, lines, status = 200) => {
    const answer = await send(lines as string[])
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    if (status === 200) expect(answer).toContain(asNobody)
    expect(answer).not.toContain('alice')
  })
})

describe('a request is refused, and its connection closed,', () => {
  it.each([
    ['where a line is folded', post('Authorization: Bearer', '  KEY')],
    ['with a space before a colon', post('Authorization : Bearer KEY')],
    ['with a NUL in a header', post('Authorization: Bearer KEY\0')],
    ['with a bare line feed', post('A: b\nAuthorization: Bearer KEY')],
    ['with a bare carriage return', post('A: b\rAuthorization: Bearer KEY')],
    ['with two hosts', post('Host: b.example', authorization)],
    ['with two lengths', post(`Content-Length: ${query.length}`)],
    ['with an invalid length', post().map((line) => line.replace(/^(Content-Length: )/, '$1+'))],
    ['with a length and chunks', chunked(['Content-Length: 4'])],
    ['with two codings', chunked(['Transfer-Encoding: identity'])],
    [
      'with an invalid coding',
      post().map((line) => line.replace(/^Content-Length: .*/, 'Transfer-Encoding: xchunked')),
    ],
    [
      'with chunks and HTTP/1.0',
      chunked([authorization]).map((line) => line.replace('HTTP/1.1', 'HTTP/1.0')),
    ],
    [
      'with a coding that is not decoded',
      chunked([authorization]).map((line) => line.replace(/chunked$/, 'gzip, chunked')),
    ],
    ['with a space in its target', get('/graphql?query={viewer {subject}}')],
    ['with an invalid chunk', chunked([]).map((line) => line.replace(/^22$/, 'zz'))],
    ['of another protocol', ['PRI * HTTP/2.0', '', 'SM', '', '']],
    ['for a tunnel', ['CONNECT a.example:80 HTTP/1.1', 'Host: a.example', '', '']],
  ])('%s', async (_name, lines) => {
    const smuggled = get('/healthz').join('\r\n')
    const answer = await exchange(server.port, lines.join('\r\n').replaceAll('KEY', key) + smuggled)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/^connection: close/im)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

describe('a path', () => {
  it.each([
    ['/auth%2Fverify', 404],
    ['/auth/%76erify', 404],
    ['//auth/verify', 404],
    ['/%2e%2e/graphql', 400],
    ['/graphql/../healthz', 400],
    ['/graphql/%2E./healthz', 400],
    ['/./healthz', 400],
    ['/graphql\\..\\healthz', 400],
    ['/x/../auth/verify?optional=true', 400],
    ['http://a.example/x/../auth/verify?optional=true', 400],
    ['/healthz?a=../..', 200],
    ['/healthz/..', 400],
    ['/...', 404],
    ['/a..b/.c', 404],
  ])('is used as the client sent it: %s', async (target, status) => {
    expect(await send(get(target))).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('of /auth/verify is recognised in an absolute URL, with the settings of its prefix', async () => {
    const target = 'http://a.example/auth/verify;scope=write:users/../verify;optional=true/'
    expect(await send(get(target, authorization))).toMatch(/^HTTP\/1\.1 403 /)
    expect(await send(get('http://a.example/auth/verify', authorization))).toMatch(
      /^HTTP\/1\.1 200 /,
    )
  })
})
