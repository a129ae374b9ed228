import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>
let caller: { id: string; secret: string }
let plain: { id: string; secret: string }

beforeAll(async () => {
  app = await createTestApp({ PUBLIC_URL: 'https://auth.example' })
  server = await listenWith(app)
  await app.user('gateway', ['introspect:tokens', 'read:users', 'write:keys'])
  await app.user('alice')
  caller = await app.key('gateway', ['introspect:tokens', 'read:users'])
  plain = await app.key('alice', ['read:users'])
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const url = () => `http://127.0.0.1:${server.port}/oauth2/introspect`
const introspect = (
  body: Record<string, string> | string,
  headers: Record<string, string> = { authorization: `Bearer ${caller.secret}` },
) => fetch(url(), { method: 'POST', headers, body: new URLSearchParams(body) })
const jwtAnswer = 'application/token-introspection+jwt'

describe('a header without a credential', () => {
  test.each(['', 'null', 'undefined', ' ', `${'a'.repeat(10)},b`])(
    'is not active as a token: «%s»',
    async (token) => {
      const response = await introspect({ token })
      expect(await response.text()).toBe('{"active":false}')
    },
  )

  test.each(['', 'Bearer', 'Bearer null', 'Basic YTpi', 'Negotiate'])(
    'makes a caller anonymous, and does not count beside a key: «%s»',
    async (authorization) => {
      const anonymous = await introspect({ token: plain.secret }, { authorization })
      expect(anonymous.status).toBe(401)
      expect(anonymous.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
      const headers = { authorization, 'x-api-key': caller.secret }
      expect((await introspect({ token: plain.secret }, headers)).status).toBe(200)
    },
  )

  test('is not accepted as a key in another scheme', async () => {
    const headers = { authorization: `Token ${caller.secret}` }
    const response = await introspect({ token: plain.secret }, headers)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })
})

describe('a valid credential', () => {
  test('of a key is described', async () => {
    const response = await introspect({ token: plain.secret })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      active: true,
      scope: 'read:users',
      client_id: plain.id,
      username: 'alice',
      token_type: 'Bearer',
      iss: app.issuer.issuer,
      sub: 'alice',
      iat: expect.any(Number),
    })
  })

  test('of a JWT is described in the same way', async () => {
    const now = Math.floor(Date.now() / 1000)
    const token = await app.jwt('alice', ['read:users'], { jti: 't1', client_id: 'web', iat: now })
    expect(await (await introspect({ token, token_type_hint: 'access_token' })).json()).toEqual({
      active: true,
      scope: 'read:users',
      client_id: 'web',
      username: 'alice',
      token_type: 'Bearer',
      iss: app.issuer.issuer,
      sub: 'alice',
      iat: now,
      exp: now + 300,
      jti: 't1',
    })
  })

  test('has the scopes that its owner is granted now', async () => {
    await app.user('narrow', ['read:keys', 'write:keys'])
    const token = await app.jwt('narrow', ['read:keys', 'read:users'])
    expect(await (await introspect({ token })).json()).toMatchObject({ scope: 'read:keys' })
  })

  test('that expires has exp', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const { secret } = await app.key('alice', ['read:users'], { expiresAt })
    const { exp } = await (await introspect({ token: secret })).json()
    expect(exp).toBe(Math.floor(Date.parse(expiresAt) / 1000))
  })
})

describe('every token that is not valid gets the same answer', () => {
  test('which may not be stored', async () => {
    const revoked = await app.key('alice', ['read:users'])
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${revoked.id}`
    const suspended = await app.user('suspended')
    const ofSuspended = await app.key('suspended', ['read:users'])
    await app.byHand`update latchkey.users set status = 'SUSPENDED' where id = ${suspended.id}`
    const past = Math.floor(Date.now() / 1000) - 600
    const tokens = {
      empty: '',
      garbage: 'garbage',
      'with a line break': 'a\r\nb',
      'two in one': `${plain.secret},${plain.secret}`,
      'a key that is unknown': plain.secret.replace(/_[0-9A-Za-z]{16}_/, '_0123456789abcdef_'),
      'a wrong secret': `${plain.secret.slice(0, -8)}AAAAAAAA`,
      'a revoked key': revoked.secret,
      "a suspended user's key": ofSuspended.secret,
      'an expired JWT': await app.jwt('alice', [], { iat: past, exp: past + 60 }),
      'a JWT for others': await app.jwt('alice', [], { aud: 'https://elsewhere.example' }),
      'an identity token': await identityToken(),
      'long text': 'x'.repeat(9000),
    }
    const answers = await Promise.all(
      Object.entries(tokens).map(async ([name, token]) => {
        const response = await introspect({ token })
        const { status, headers } = response
        return [name, status, headers.get('cache-control'), await response.text()]
      }),
    )
    for (const [name, ...answer] of answers) {
      expect([name, ...answer]).toEqual([name, 200, 'no-store', '{"active":false}'])
    }
  })

  async function identityToken(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${server.port}/auth/verify`, {
      headers: { 'x-api-key': plain.secret },
    })
    return response.headers.get('x-identity') ?? ''
  }
})

describe('the caller', () => {
  test.each<[string, () => Record<string, string>, number, string]>([
    ['without a credential', () => ({}), 401, 'Bearer realm="latchkey"'],
    ['with a bad one', () => ({ authorization: 'Bearer nonsense' }), 401, 'error="invalid_token"'],
    ['without the scope', () => ({ 'x-api-key': plain.secret }), 403, 'scope="introspect:tokens"'],
    ['with two', () => ({ authorization: 'Bearer a', 'x-api-key': 'b' }), 400, 'invalid_request'],
  ])('%s gets no information', async (_, headers, status, challenge) => {
    const response = await introspect({ token: plain.secret }, headers())
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toContain(challenge)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).not.toContain('active')
  })

  test('sends a form with one token', async () => {
    const headers = { authorization: `Bearer ${caller.secret}` }
    const status = async (init: RequestInit) =>
      (await fetch(url(), { method: 'POST', ...init, headers: { ...headers, ...init.headers } }))
        .status
    expect(await status({ body: new URLSearchParams({ other: 'x' }) })).toBe(400)
    expect(await status({ body: new URLSearchParams('token=a&token=b') })).toBe(400)
    expect(await status({ body: new URLSearchParams({ token: 'x'.repeat(40_000) }) })).toBe(413)
    const stream = new Blob(['token=', 'x'.repeat(40_000)]).stream()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const chunked = { body: stream, duplex: 'half', headers: form } as RequestInit
    expect(await status(chunked)).toBe(413)
    const json = { 'content-type': 'application/json' }
    expect(await status({ body: '{"token":"a"}', headers: json })).toBe(415)
    expect((await fetch(`${url()}?token=a`, { headers })).status).toBe(405)
  })
})

describe('a signed answer', () => {
  const verified = async (response: Response) => {
    const keys = createRemoteJWKSet(
      new URL(`http://127.0.0.1:${server.port}/.well-known/jwks.json`),
    )
    return await jwtVerify(await response.text(), keys, { typ: 'token-introspection+jwt' })
  }

  test.each([true, false])('says the same in a JWT for the caller (active: %s)', async (active) => {
    const token = active ? plain.secret : 'nonsense'
    const headers = { authorization: `Bearer ${caller.secret}`, accept: jwtAnswer }
    const response = await introspect({ token }, headers)
    expect(response.headers.get('content-type')).toBe(jwtAnswer)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { payload } = await verified(response)
    expect(payload).toEqual({
      iss: 'https://auth.example',
      aud: 'gateway',
      iat: expect.any(Number),
      token_introspection: await (await introspect({ token })).json(),
    })
  })

  test('is not sent unless requested, and not without keys', async () => {
    const headers = { authorization: `Bearer ${caller.secret}`, accept: `${jwtAnswer};q=0, */*` }
    const json = await introspect({ token: plain.secret }, headers)
    expect(json.headers.get('content-type')).toBe('application/json')

    const bare = await createTestApp({ NODE_ENV: 'production' })
    await bare.user('gateway', ['introspect:tokens', 'write:keys'])
    const { secret } = await bare.key('gateway', ['introspect:tokens'])
    const response = await bare.fetch(
      new Request('http://latchkey.test/oauth2/introspect', {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, accept: jwtAnswer },
        body: new URLSearchParams({ token: secret }),
      }),
    )
    expect(response.status).toBe(406)
    await bare.close()
  })
})

test('an outage is 503 without information about the token', async () => {
  const own = await createTestApp()
  await own.user('gateway', ['introspect:tokens', 'write:keys'])
  const { secret } = await own.key('gateway', ['introspect:tokens'])
  own.network.setState('cut')
  const response = await own.fetch(
    new Request('http://latchkey.test/oauth2/introspect', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: new URLSearchParams({ token: secret }),
    }),
  )
  expect(response.status).toBe(503)
  await own.close()
})
