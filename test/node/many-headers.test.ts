import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { identityNames } from '../support/identity-names.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'

/*
 * By default, Node drops headers after the 1000th. 16 KB hold more than three times as many.
 */

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>
let jwt: string

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '3', TRUSTED_PROXIES: '127.0.0.1' })
  server = await listenWith(app)
  jwt = await app.jwt('alice', ['read:users'])
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const many = (count: number) => Array.from({ length: count }, () => ['a', '']).flat()
const viewer = JSON.stringify({ query: '{ viewer { subject } }' })
const post = (headers: readonly string[]) =>
  send(server.port, '/graphql', ['Content-Type', 'application/json', ...headers], {
    method: 'POST',
    body: viewer,
  })
const get = (headers: readonly string[]) =>
  send(server.port, `/graphql?query=${encodeURIComponent('{ viewer { subject } }')}`, headers)
const verify = (headers: readonly string[]) =>
  send(server.port, '/auth/verify?optional=true', headers)
const codeOf = ({ body }: RawAnswer) => JSON.parse(body).errors?.[0].extensions.code

it.each([
  ['Digest a=b', 'Digest a=b'],
  ['Digest a=b', 'c=d'],
  ['Digest a="b', 'c"'],
  ['Basic YTpi', 'Basic YTpi'],
  ['', ''],
])('Authorization twice is ambiguous: «%s» and «%s»', async (first, second) => {
  const headers = ['Authorization', first, 'authorization', second]
  for (const ask of [post, get]) {
    const answer = await ask(headers)
    expect(answer.status).toBe(400)
    expect(codeOf(answer)).toBe('INVALID_REQUEST')
  }
  expect((await verify(headers)).headers['www-authenticate']).toContain('error="invalid_request"')
})

it('one Authorization with several parameters is not ambiguous', async () => {
  for (const ask of [post, get]) {
    expect((await ask(['Authorization', 'Digest a="b", c=d'])).status).toBe(200)
  }
})

describe.each([998, 1000, 1100, 1500])('behind %i other headers', (count) => {
  const good = () => ['Authorization', `Bearer ${jwt}`]
  const from = (sender: string) => ['X-Forwarded-For', `203.0.${count % 256}.${sender}`]

  it('a good credential is read', async () => {
    for (const ask of [post, get]) {
      const answer = await ask([...many(count), ...good()])
      expect(JSON.parse(answer.body)).toEqual({ data: { viewer: { subject: 'alice' } } })
    }
    const answer = await verify([...many(count), ...good()])
    expect(answer.headers['x-user-id']).toBe('alice')
  })

  it('an invalid credential is refused, also where none is needed', async () => {
    const bad = [...many(count), 'Authorization', 'Bearer bad', ...from('1')]
    expect((await post(bad)).status).toBe(401)
    expect((await get(bad)).status).toBe(401)
    const answer = await verify(bad)
    expect(answer.status).toBe(401)
    for (const name of identityNames) expect(answer.headers[name]).toBeUndefined()
  })

  it('a second credential is detected', async () => {
    const two = [
      [...good(), ...many(count), ...good()],
      [...good(), ...many(count), 'X-API-Key', 'x'],
      [...good(), ...many(count), 'Authorization', ''],
    ]
    for (const headers of two.slice(0, 2)) {
      for (const ask of [post, get]) {
        const answer = await ask(headers)
        expect(answer.status).toBe(400)
        expect(codeOf(answer)).toBe('INVALID_REQUEST')
      }
      const answer = await verify(headers)
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toContain('error="invalid_request"')
    }
    expect((await post(two[2] ?? [])).status).toBe(400)
  })

  it('the address that a proxy adds counts, whatever addresses a client sends before it', async () => {
    const own = from('2')
    const statuses: number[] = []
    for (const made of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4']) {
      const forged = ['X-Forwarded-For', made]
      const bad = ['Authorization', 'Bearer bad']
      statuses.push((await post([...bad, ...forged, ...many(count), ...own])).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429])
  })
})

it('more bytes of headers than 16 KB are refused, however many headers they are', async () => {
  expect((await post(many(20_000))).status).toBe(431)
})
