import { request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createIdentityVerifier } from '../../src/verify.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Echo, type EchoBackend, startEchoBackend } from '../support/echo-backend.ts'
import { identityNames } from '../support/identity-names.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'
import {
  copyConfiguration,
  freePort,
  hasProgram,
  type RunningProgram,
  startProgram,
} from '../support/programs.ts'

const folder = (name: string) =>
  fileURLToPath(new URL(`../../docs/examples/proxies/${name}`, import.meta.url))

const startNginx =
  (changes: Record<string, string> = {}) =>
  async (ports: Record<string, string>, port: number) => {
    const copy = copyConfiguration(folder('nginx'), { ...ports, ...changes })
    return await startProgram('nginx', ['-p', copy, '-c', 'nginx.conf', '-g', 'daemon off;'], port)
  }
const startCaddy = async (ports: Record<string, string>, port: number) => {
  const copy = copyConfiguration(folder('caddy'), ports)
  const words = ['run', '--config', `${copy}/Caddyfile`, '--adapter', 'caddyfile']
  return await startProgram('caddy', words, port, { HOME: copy })
}

const nginxIsHere = hasProgram('nginx')
const caddyIsHere = hasProgram('caddy')

const underscores = { 'underscores_in_headers off': 'underscores_in_headers on' }
const proxies = [
  { name: 'nginx', here: nginxIsHere, start: startNginx() },
  { name: 'nginx with underscores', here: nginxIsHere, start: startNginx(underscores) },
  { name: 'Caddy', here: caddyIsHere, start: startCaddy },
]

/** Normalizes a header name as CGI, WSGI, Rack and PHP do. */
const folded = (name: string) => name.replaceAll('_', '-')

describe.each(proxies.filter(({ here }) => here))('behind $name', ({ start }) => {
  let app: TestApp
  let latchkey: Awaited<ReturnType<typeof listenWith>>
  let orders: EchoBackend
  let billing: EchoBackend
  let proxy: RunningProgram
  let port: number
  let key: { id: string; secret: string }
  let mallory: { id: string; secret: string }
  let jwt: string

  beforeAll(async () => {
    app = await createTestApp({ PUBLIC_URL: 'https://auth.example' })
    latchkey = await listenWith(app)
    orders = await startEchoBackend()
    billing = await startEchoBackend()
    port = await freePort()
    const ports = {
      '127.0.0.1:4000': `127.0.0.1:${latchkey.port}`,
      '127.0.0.1:4001': `127.0.0.1:${orders.port}`,
      '127.0.0.1:4002': `127.0.0.1:${billing.port}`,
      '127.0.0.1:8080': `127.0.0.1:${port}`,
    }
    proxy = await start(ports, port)
    await app.user('alice')
    await app.user('mallory')
    key = await app.key('alice', ['read:users', 'write:users'])
    mallory = await app.key('mallory', ['read:users'])
    jwt = await app.jwt('alice', ['read:users'])
  })
  afterAll(async () => {
    await proxy?.stop()
    await orders.close()
    await billing.close()
    await latchkey.close()
    await app.close()
  })

  const ask = (path: string, headers: readonly string[] = [], options = {}) =>
    send(port, path, headers, options)
  const bearer = (credential: string) => ['Authorization', `Bearer ${credential}`]
  const echoOf = ({ body }: RawAnswer): Echo => JSON.parse(body)
  /** Returns every value that could be read as the header. */
  const valuesOf = (echo: Echo, name: string) =>
    echo.headers.filter(([other]) => folded(other) === name).map(([, value]) => value)
  const identityOf = (echo: Echo) =>
    Object.fromEntries(identityNames.map((name) => [name, valuesOf(echo, name)]))
  const withoutIdentity = (echo: Echo) =>
    expect(Object.values(identityOf(echo)).flat().join('')).toBe('')

  test.each([
    ['a key', () => bearer(key.secret), 'api-key'],
    ['a key in its own header', () => ['X-API-Key', key.secret], 'api-key'],
    ['a JWT', () => bearer(jwt), 'jwt'],
  ])('%s is replaced by an identity', async (_, credential, method) => {
    const answer = await ask('/orders/1?full=yes', credential())
    expect(answer.status).toBe(200)
    const echo = echoOf(answer)
    expect(echo).toMatchObject({ method: 'GET', url: '/orders/1?full=yes' })
    expect(identityOf(echo)).toMatchObject({
      'x-user-id': ['alice'],
      'x-user-issuer': [app.issuer.issuer],
      'x-auth-method': [method],
    })
    const verifier = createIdentityVerifier({
      issuer: 'https://auth.example',
      audience: 'orders',
      jwksUri: `http://127.0.0.1:${latchkey.port}/.well-known/jwks.json`,
    })
    const principal = await verifier.verify(Object.fromEntries(echo.headers))
    expect(principal).toMatchObject({ subject: 'alice', issuer: app.issuer.issuer })
    const sent = JSON.stringify(echo)
    expect(sent).not.toContain(key.secret)
    expect(sent).not.toContain(jwt)
  })

  describe('headers that a client forges', () => {
    const forged = ['-', '_'].flatMap((a) =>
      ['-', '_'].flatMap((b) => [
        ...[`X${a}User${b}Id`, 'root', `x${a}user${b}issuer`, 'https://evil.example'],
        ...[`X${a}AUTH${b}SCOPES`, 'write:users', `X${a}Auth${b}Method`, 'evil'],
        ...[`X${a}Auth${b}Credential-Id`, 'evil', `X${a}Auth${b}Credential_Id`, 'evil'],
        ...[`X${a}Identity`, 'evil'],
      ]),
    )
    const everyWay: [string, string[]][] = [
      ['in every spelling', forged],
      ['and named in Connection', [...forged, 'Connection', 'X-User-Id, X-Identity, close']],
      ['and named in two', [...forged, 'Connection', 'X-User-Id', 'Connection', 'x-identity']],
    ]

    test.each(everyWay)('%s do not authenticate a client', async (_, headers) => {
      const before = orders.seen.length
      expect((await ask('/orders/1', headers)).status).toBe(401)
      expect(orders.seen.length).toBe(before)
    })

    test.each(everyWay)('%s are not passed on for an anonymous client', async (_, headers) => {
      const answer = await ask('/orders/public/1', headers)
      expect(answer.status).toBe(200)
      withoutIdentity(echoOf(answer))
    })

    test.each(everyWay)('%s do not change the identity of a client', async (_, headers) => {
      const token = await aliceToken()
      const stolen = headers.map((value) => (value === 'evil' ? token : value))
      const answer = await ask('/orders/1', [...stolen, ...bearer(mallory.secret)])
      expect(answer.status).toBe(200)
      const echo = echoOf(answer)
      expect(identityOf(echo)).toMatchObject({
        'x-user-id': ['mallory'],
        'x-user-issuer': [app.issuer.issuer],
        'x-auth-scopes': ['read:users'],
        'x-auth-method': ['api-key'],
        'x-auth-credential-id': [mallory.id],
      })
      const [identity = '', ...others] = valuesOf(echo, 'x-identity')
      expect(others).toEqual([])
      expect(decodeJwt(identity).sub).toBe('mallory')
    })

    async function aliceToken(): Promise<string> {
      return valuesOf(echoOf(await ask('/orders/1', bearer(key.secret))), 'x-identity')[0] ?? ''
    }
  })

  test('the path and query of a client do not change the settings', async () => {
    for (const path of [
      '/orders/1?optional=true&scope=',
      '/orders/..;optional=true/1',
      '/orders/1?audience=x&scope=read:users&scope=a',
    ]) {
      expect((await ask(path)).status).toBe(401)
    }
    expect((await ask('/billing/1?scope=read:users', bearer(jwt))).status).toBe(403)
  })

  test('a 401 reaches the client with its challenge', async () => {
    const none = await ask('/orders/1')
    expect(none.status).toBe(401)
    expect(none.headers['www-authenticate']).toBe('Bearer realm="latchkey"')
    const bad = await ask('/orders/1', bearer('nonsense'))
    expect(bad.status).toBe(401)
    expect(bad.headers['www-authenticate']).toContain('error="invalid_token"')
    const two = await ask('/orders/1', [...bearer(jwt), 'X-API-Key', key.secret])
    expect(two.status).toBe(401)
    expect(two.headers['www-authenticate']).toContain('error="invalid_request"')
  })

  test('a 403 reaches the client with its challenge', async () => {
    const answer = await ask('/billing/1', bearer(mallory.secret))
    expect(answer.status).toBe(403)
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="latchkey", error="insufficient_scope", scope="read:users write:users"',
    )
    for (const name of identityNames) expect(answer.headers[name]).toBeUndefined()
  })

  test('a revoked key is refused', async () => {
    const { id, secret } = await app.key('mallory', ['read:users'])
    expect((await ask('/orders/1', bearer(secret))).status).toBe(200)
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    // The revocation arrives within a moment, and takes effect within the staleness bound in any case.
    await vi.waitFor(
      async () => expect((await ask('/orders/1', bearer(secret))).status).toBe(401),
      { timeout: 2000 },
    )
  })

  test('a body is passed on unchanged, with every method', async () => {
    const body = `{"text":"${'é'.repeat(50_000)}"}`
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const echo = echoOf(await ask('/billing/1', bearer(key.secret), { method, body }))
      expect(echo.method).toBe(method)
      expect(echo.body === body).toBe(true)
    }
  })

  test('a body of 3 MB is passed on', async () => {
    const body = 'x'.repeat(3_000_000)
    for (const path of ['/orders/1', '/billing/1']) {
      const answer = await ask(path, bearer(key.secret), { method: 'POST', body })
      expect(answer.status).toBe(200)
      expect(echoOf(answer).body.length).toBe(body.length)
    }
  })

  test.each([80, 160])('the identity of a token with %i scopes is passed on', async (count) => {
    const scopes = Array.from({ length: count - 1 }, (_, n) => `read:department-${n}-reports`)
    const token = await app.jwt('alice', ['read:users', ...scopes])
    const answer = await ask('/orders/1', bearer(token))
    expect(answer.status).toBe(200)
    expect(identityOf(echoOf(answer))['x-auth-scopes']?.[0]?.split(' ')).toHaveLength(count)
  })

  test('a preflight reaches a backend that does CORS, without an identity', async () => {
    const preflight = [
      ...['Origin', 'https://app.example', 'Access-Control-Request-Method', 'POST'],
      ...['Access-Control-Request-Headers', 'authorization'],
    ]
    const forged = ['X-User-Id', 'root', 'X-Identity', 'evil']
    const answer = await ask('/billing/1', [...preflight, ...forged], { method: 'OPTIONS' })
    expect(answer.status).toBe(200)
    const echo = echoOf(answer)
    expect(echo.method).toBe('OPTIONS')
    withoutIdentity(echo)
    expect(Object.fromEntries(echo.headers).origin).toBe('https://app.example')
    for (const [path, method, headers] of [
      ['/billing/1', 'POST', preflight],
      ['/billing/1', 'OPTIONS', bearer('nonsense')],
      ['/orders/1', 'OPTIONS', preflight],
    ] as const) {
      expect((await ask(path, headers, { method })).status).toBe(401)
    }
  })

  test('a body streams through', async () => {
    const first = new Promise<string>((resolve) => {
      billing.onPart = resolve
    })
    const answer = new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/billing/stream',
          method: 'POST',
          headers: { authorization: `Bearer ${key.secret}`, 'transfer-encoding': 'chunked' },
        },
        (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        },
      )
      request.on('error', reject)
      request.write('first part')
      // The rest is sent only after the backend has received the beginning.
      first.then(() => request.end('the rest'))
    })
    expect(await first).toBe('first part')
    expect(await answer).toBe(200)
  })

  test('connections to the backend and to Latchkey are reused', async () => {
    const before = orders.connections()
    for (let i = 0; i < 20; i++) await ask('/orders/1', bearer(key.secret))
    expect(orders.connections() - before).toBeLessThan(8)
  })

  test('a request that Latchkey cannot decide is never passed on', async () => {
    const neverSeen = await app.key('alice', ['read:users'])
    const before = orders.seen.length
    app.network.setState('cut')
    const undecided = await ask('/orders/1', bearer(neverSeen.secret))
    expect(undecided.status).toBeGreaterThanOrEqual(500)
    app.network.setState('up')
    await latchkey.close()
    for (const path of ['/orders/1', '/orders/public/1']) {
      const answer = await ask(path, bearer(key.secret))
      expect(answer.status).toBeGreaterThanOrEqual(500)
    }
    expect(orders.seen.length).toBe(before)
  })
})

describe.skipIf(!nginxIsHere)("behind nginx's cache", () => {
  test('answers are cached for the time that Latchkey allows, and never used for another client', async () => {
    const app = await createTestApp({ MAX_STALENESS_MS: '6000' })
    let asked = 0
    const latchkey = await listenWith({
      fetch: app.fetch,
      listener: (request, response) => {
        asked++
        return app.listener(request, response)
      },
    })
    const orders = await startEchoBackend()
    const port = await freePort()
    const proxy = await startNginx({
      '    access_log off;':
        '    access_log off;\n    proxy_cache_path cache keys_zone=latchkey:1m;',
      '    proxy_connect_timeout 1s;': '    include latchkey-cache.conf;',
    })(
      {
        '127.0.0.1:4000': `127.0.0.1:${latchkey.port}`,
        '127.0.0.1:4001': `127.0.0.1:${orders.port}`,
        '127.0.0.1:8080': `127.0.0.1:${port}`,
      },
      port,
    )
    await app.user('alice')
    await app.user('bob')
    const alice = await app.key('alice', ['read:users'])
    const bob = await app.key('bob', ['read:users'])
    const jwt = await app.jwt('bob', ['read:users'])
    const ask = async (headers: readonly string[], path = '/orders/1') => {
      const answer = await send(port, path, headers)
      const { headers: seen } = answer.status === 200 ? JSON.parse(answer.body) : { headers: [] }
      return [answer.status, new Map(seen).get('x-user-id')]
    }

    const credentials: [readonly string[], string][] = [
      [['X-API-Key', alice.secret], 'alice'],
      [['X-API-Key', bob.secret], 'bob'],
      [['Authorization', `Bearer ${alice.secret}`], 'alice'],
      [['Authorization', `Bearer ${jwt}`], 'bob'],
    ]
    // Each twice: cached and fresh answers are equal, and each caller gets its own.
    for (const [headers, user] of [...credentials, ...credentials]) {
      expect(await ask(headers)).toEqual([200, user])
    }
    expect(asked).toBe(4)
    // Anonymous requests, invalid credentials, two credentials and other parameters never get a cached answer.
    expect(await ask([])).toEqual([401, undefined])
    expect(await ask(['X-API-Key', `${alice.secret}x`])).toEqual([401, undefined])
    expect(await ask(['X-API-Key', alice.secret, 'Authorization', `Bearer ${jwt}`])).toEqual([
      401,
      undefined,
    ])
    expect(await ask(['X-API-Key', alice.secret], '/billing/1')).toEqual([403, undefined])

    const revokedAt = Date.now()
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${alice.id}`
    while ((await ask(['X-API-Key', alice.secret]))[0] === 200) {
      expect(Date.now() - revokedAt).toBeLessThan(6_000)
      await new Promise((done) => setTimeout(done, 50))
    }
    // A refusal is not cached.
    const before = asked
    await ask(['X-API-Key', alice.secret])
    await ask(['X-API-Key', alice.secret])
    expect(asked).toBe(before + 2)

    await proxy.stop()
    await orders.close()
    await latchkey.close()
    await app.close()
  })
})
