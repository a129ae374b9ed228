import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { identityNames } from '../support/identity-names.ts'
import { startIssuer } from '../support/issuer.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>
let key: { id: string; secret: string }
let jwt: string

beforeAll(async () => {
  app = await createTestApp({
    PUBLIC_URL: 'https://auth.example',
    JWT_HEADER: 'x-jwt',
    MAX_STALENESS_MS: '4000',
  })
  server = await listenWith(app)
  await app.user('alice')
  key = await app.key('alice', ['read:users', 'read:keys'])
  jwt = await app.jwt('alice', ['read:users'], { jti: 'token-1' })
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const ask = (target: string, headers: readonly string[] = [], options = {}) =>
  send(server.port, target, headers, options)
const bearer = (credential: string) => ['Authorization', `Bearer ${credential}`]

const identityOf = ({ headers }: RawAnswer) =>
  Object.fromEntries(identityNames.map((name) => [name, headers[name]]))
const emptyIdentity = Object.fromEntries(identityNames.map((name) => [name, '']))
const noHeaders = Object.fromEntries(identityNames.map((name) => [name, undefined]))

describe('a valid credential', () => {
  test('of a key sets all headers, without a body', async () => {
    const answer = await ask('/auth/verify?scope=read:users&audience=orders', bearer(key.secret))
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(identityOf(answer)).toEqual({
      'x-user-id': 'alice',
      'x-user-issuer': app.issuer.issuer,
      'x-auth-scopes': 'read:keys read:users',
      'x-auth-method': 'api-key',
      'x-auth-credential-id': key.id,
      'x-identity': expect.any(String),
    })
    expect(decodeJwt(String(answer.headers['x-identity']))).toMatchObject({
      iss: 'https://auth.example',
      sub: 'alice',
      aud: 'orders',
      act: { kind: 'API_KEY', sub: key.id },
    })
  })

  test('of a JWT does too', async () => {
    const answer = await ask('/auth/verify', bearer(jwt))
    expect(identityOf(answer)).toMatchObject({
      'x-user-id': 'alice',
      'x-auth-scopes': 'read:users',
      'x-auth-method': 'jwt',
      'x-auth-credential-id': 'token-1',
    })
    expect(decodeJwt(String(answer.headers['x-identity'])).aud).toBe('backend')
  })

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'by %s',
    async (method) => {
      const body = method === 'POST' ? '{"query":"{ me { id } }"}' : ''
      const answer = await ask('/auth/verify', bearer(key.secret), { method, body })
      expect(answer).toMatchObject({ status: 200, body: '' })
    },
  )

  test('gets one identity token for many requests', async () => {
    const [a, b] = [await ask('/auth/verify', bearer(jwt)), await ask('/auth/verify', bearer(jwt))]
    expect(a.headers['x-identity']).toBe(b.headers['x-identity'])
  })

  test('without the scope is 403 and names the scope', async () => {
    const answer = await ask('/auth/verify?scope=read:users%20write:users', bearer(jwt))
    expect(answer).toMatchObject({ status: 403, body: '' })
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="latchkey", error="insufficient_scope", scope="read:users write:users"',
    )
    expect(identityOf(answer)).toEqual(noHeaders)
  })

  test("overrides the client's own identity headers", async () => {
    const forged = [
      ...['X-User-Id', 'root', 'x_user_id', 'root', 'X-User_Id', 'root', 'X-Identity', 'forged'],
      ...['Connection', 'X-User-Id, Authorization', 'X-Auth-Scopes', 'write:users'],
      ...['X-Forwarded-Uri', '/auth/verify?optional=true', 'X-Original-URL', '/admin'],
    ]
    const answer = await ask('/auth/verify', [...bearer(jwt), ...forged])
    expect(identityOf(answer)).toMatchObject({
      'x-user-id': 'alice',
      'x-auth-scopes': 'read:users',
    })
    expect((await ask('/auth/verify', forged)).status).toBe(401)
  })
})

describe('no credential', () => {
  test('is 401 with a challenge and no identity', async () => {
    const answer = await ask('/auth/verify')
    expect(answer).toMatchObject({ status: 401, body: '' })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="latchkey"')
    expect(identityOf(answer)).toEqual(noHeaders)
  })

  test('passes if it is optional, with every identity header empty', async () => {
    const answer = await ask('/auth/verify?optional=true')
    expect(answer.status).toBe(200)
    expect(identityOf(answer)).toEqual(emptyIdentity)
  })
})

describe('a header without a credential', () => {
  test.each([
    ['Authorization', ''],
    ['Authorization', 'Bearer'],
    ['Authorization', 'Bearer null'],
    ['Authorization', 'Basic YTpi'],
    ['X-API-Key', ''],
    ['X-JWT', 'undefined'],
  ])('is ignored: %s: %s', async (...header) => {
    const answer = await ask('/auth/verify', header)
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="latchkey"')
    expect(identityOf(await ask('/auth/verify?optional=true', header))).toEqual(emptyIdentity)
    const good = header[0] === 'X-API-Key' ? bearer(key.secret) : ['X-API-Key', key.secret]
    expect(identityOf(await ask('/auth/verify', [...header, ...good]))).toMatchObject({
      'x-user-id': 'alice',
    })
  })
})

describe('an invalid credential', () => {
  test.each([
    ['unknown', ['Authorization', 'Bearer nonsense'], 'invalid_token'],
    ['by another scheme', ['Authorization', 'Token lk_x'], 'invalid_token'],
    ['beside another', ['Authorization', 'Bearer a.b.c', 'X-API-Key', 'k'], 'invalid_request'],
    [
      'twice',
      ['Authorization', 'Bearer a.b.c', 'Authorization', 'Bearer a.b.c'],
      'invalid_request',
    ],
    ['with a comma', ['X-API-Key', 'a,b'], 'invalid_request'],
  ])('%s is 401, optional or not', async (_, headers, error) => {
    for (const target of ['/auth/verify', '/auth/verify?optional=true']) {
      const answer = await ask(target, headers)
      expect(answer).toMatchObject({ status: 401, body: '' })
      expect(answer.headers['www-authenticate']).toContain(`error="${error}"`)
      expect(identityOf(answer)).toEqual(noHeaders)
      expect(answer.headers['cache-control']).toBe('no-store')
    }
  })

  test('includes a key that was revoked', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    expect((await ask('/auth/verify', ['X-API-Key', secret])).status).toBe(200)
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    await vi.waitFor(async () =>
      expect((await ask('/auth/verify', ['X-API-Key', secret])).status).toBe(401),
    )
  })

  test('in the query is a fault of the proxy', async () => {
    expect((await ask(`/auth/verify?api_key=${key.secret}`)).status).toBe(500)
    expect(app.logged.join('')).not.toContain(key.secret)
  })
})

describe('a client behind a prefix', () => {
  test.each([
    '/auth/verify/orders?optional=true',
    '/auth/verify/optional=true/',
    '/auth/verify/../verify?optional=true',
    '/auth/verify/../../healthz',
    '/auth/verify/%2e%2e/%2e%2e/healthz',
    '/auth/verify/\\..\\..\\healthz',
    '/auth/verify/../../graphql?query=%7B__typename%7D',
    '/auth/verify/..//../schema.graphql',
    '/auth/verify;scope=read:users/../../schema.graphql',
    '/auth/verify/?scope=a&scope=b',
  ])('does not bypass it with its path and query: %s', async (target) => {
    const answer = await ask(target)
    expect(answer.status).toBe(401)
    expect(identityOf(answer)).toEqual(noHeaders)
  })

  test('cannot remove the scope that the prefix requires', async () => {
    const asks = '/auth/verify;scope=write:users;audience=orders/'
    for (const rest of ['', 'a?scope=read:users', '../verify', ';scope=read:users/']) {
      expect((await ask(asks + rest, bearer(jwt))).status).toBe(403)
    }
    const allowed = await ask('/auth/verify;scope=read:users;audience=orders/a?b', bearer(jwt))
    expect(decodeJwt(String(allowed.headers['x-identity'])).aud).toBe('orders')
  })
})

describe('a fault in the settings', () => {
  test.each(['?scopes=a', '?scope=a&scope=a', '?scope=', 'x'])(
    '%s is 500, and logged',
    async (rest) => {
      const before = app.logged.length
      const answer = await ask(`/auth/verify${rest}`, bearer(jwt))
      expect(answer).toMatchObject({ status: 500, body: '' })
      expect(identityOf(answer)).toEqual(noHeaders)
      const lines = app.logged.slice(before).join('')
      expect(lines).toMatch(/"level":"error".*invalid request to \/auth\/verify/)
      expect(lines).toContain(String(answer.headers['x-request-id']))
    },
  )
})

describe('an answer', () => {
  test('tells caches which headers it varies by and how long they may keep it', async () => {
    const answer = await ask('/auth/verify', bearer(jwt))
    expect(answer.headers.vary).toBe('authorization, x-api-key, x-jwt')
    expect(answer.headers['cache-control']).toBe('max-age=1, must-revalidate')
  })

  test("carries the request's id", async () => {
    const answer = await ask('/auth/verify', [...bearer(jwt), 'X-Request-Id', 'abc-1'])
    expect(answer.headers['x-request-id']).toBe('abc-1')
  })

  test('is the same without a socket', async () => {
    const target = '/auth/verify?audience=orders'
    const response = await app.fetch(
      new Request(`http://latchkey.test${target}`, { headers: { authorization: `Bearer ${jwt}` } }),
    )
    expect(response.status).toBe(200)
    const { headers } = await ask(target, bearer(jwt))
    for (const name of [...identityNames, 'vary', 'cache-control']) {
      expect(response.headers.get(name)).toBe(headers[name])
    }
  })

  test.each([
    '/auth/verify/',
    '/auth/verify/orders?optional=true',
    '/auth/verify;scope=read:users/',
    '/auth/verify;optional=true/orders',
    '/auth/verify%3Boptional=true/',
    '/auth/verify/a/../?optional=true',
    '/auth/verify;scope=read:users/../verify;optional=true/',
  ])('is a fault if a fetch Request uses a prefix: %s', async (target) => {
    const before = app.logged.length
    const request = new Request(`http://latchkey.test${target}`, {
      headers: { authorization: `Bearer ${jwt}` },
    })
    const response = await app.fetch(request)
    expect(response.status).toBe(500)
    for (const name of identityNames) expect(response.headers.get(name)).toBeNull()
    const lines = app.logged.slice(before).join('')
    expect(lines).toMatch(/"level":"error".*needs the request target as the client sent it/)
  })

  test.each([
    ['ad|corp|CORP\\john doe', 'ad|corp|CORP\\john%20doe'],
    ['müller 1', 'm%C3%BCller%201'],
    ['100%', '100%25'],
    ['😀', '%F0%9F%98%80'],
  ])('carries the subject %s percent-encoded', async (subject, encoded) => {
    const answer = await ask('/auth/verify', bearer(await app.jwt(subject, ['read:users'])))
    expect(answer).toMatchObject({ status: 200, headers: { 'x-user-id': encoded } })
    expect(decodeURIComponent(encoded)).toBe(subject)
    expect(decodeJwt(String(answer.headers['x-identity'])).sub).toBe(subject)
  })

  test('carries a line break in a subject that was changed by hand percent-encoded', async () => {
    const sneaky = await app.user('sneaky')
    const { secret } = await app.key('sneaky', ['read:users'])
    expect((await ask('/auth/verify', bearer(secret))).status).toBe(200)
    await app.byHand`update latchkey.users set subject = ${'é\r\nX-User-Id: root'} where id = ${sneaky.id}`
    await vi.waitFor(async () =>
      expect(identityOf(await ask('/auth/verify', bearer(secret)))).toMatchObject({
        'x-user-id': '%C3%A9%0D%0AX-User-Id:%20root',
      }),
    )
  })

  test('keeps its connection open for further requests', async () => {
    const { Agent, request } = await import('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const asked = request({ port: server.port, path: '/auth/verify', agent }, (response) => {
          ports.add(asked.socket?.localPort)
          response.resume().on('end', resolve)
        })
        asked.on('error', reject)
        asked.end()
      })
    }
    agent.destroy()
    expect(ports.size).toBe(1)
  })
})

test('two issuers with one subject are distinguished', async () => {
  const other = await startIssuer()
  const audience = 'https://api.example'
  const own = await createTestApp({
    JWT_ISSUERS: JSON.stringify([{ issuer: other.issuer, audience }]),
  })
  const port = await listenWith(own)
  const tokens = [await own.jwt('alice', []), await other.sign({ sub: 'alice', aud: audience })]
  const claims = await Promise.all(
    tokens.map(async (token) => {
      const { headers } = await send(port.port, '/auth/verify', bearer(token))
      return decodeJwt(String(headers['x-identity']))
    }),
  )
  expect(claims.map(({ sub }) => sub)).toEqual(['alice', 'alice'])
  expect(claims.map((claim) => (claim.sub_id as { iss: string }).iss)).toEqual([
    own.issuer.issuer,
    other.issuer,
  ])
  expect(claims[0]?.user_id).not.toBe(claims[1]?.user_id)
  await port.close()
  await own.close()
  await other.close()
})

test('an outage is 503, never 401 and never 200', async () => {
  const own = await createTestApp()
  await own.user('alice')
  const made = await own.key('alice', ['read:users'])
  const port = await listenWith(own)
  own.network.setState('cut')
  const answer = await send(port.port, '/auth/verify?optional=true', bearer(made.secret))
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(identityOf(answer)).toEqual(noHeaders)
  await port.close()
  await own.close()
})

test('each decision is counted for Prometheus', async () => {
  const count = async () => {
    const { body } = await ask('/metrics')
    const series =
      /^latchkey_http_requests_total\{path="\/auth\/verify",method="PUT",status="(\d+)"\} (\d+)$/gm
    return Object.fromEntries(
      [...body.matchAll(series)].map(([, status, n]) => [status, Number(n)]),
    )
  }
  const before = await count()
  await ask('/auth/verify', bearer(jwt), { method: 'PUT' })
  await ask('/auth/verify/made/up', [], { method: 'PUT' })
  const after = await count()
  for (const status of ['200', '401']) expect(after[status]).toBe((before[status] ?? 0) + 1)
})
