import { type JWTPayload, SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import {
  type IdentityKeySet,
  newIdentityKeys,
  readIdentityKeys,
  rotateIdentityKeys,
  writeIdentityKeys,
} from '../../src/identity/keys.ts'
import type { Principal } from '../../src/principal.ts'
import { createIdentityVerifier, IdentityError } from '../../src/verify.ts'
import { ed25519Jwk, forgeWithSmallOrder, smallOrderKeys } from '../support/weak-keys.ts'

const issuer = 'https://auth.example'
const start = Date.parse('2030-01-01T00:00:00Z')
const reread = (keys: Parameters<typeof writeIdentityKeys>[0]) =>
  readIdentityKeys(writeIdentityKeys(keys))

const ada: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a',
  scopes: new Set(['read:orders']),
  credential: {
    kind: 'API_KEY',
    id: '0123456789abcdef',
    name: 'ci',
    issuer: null,
    scopes: ['read:orders', 'read:users'],
    expiresAt: null,
  },
}

let keys: IdentityKeySet
let now: number
let published: readonly object[]
let answer: (url: string) => Response | Promise<Response>
let fetches: string[]

beforeEach(() => {
  keys = reread(newIdentityKeys('EdDSA'))
  now = start
  published = keys.keys.map(({ publicJwk }) => publicJwk)
  answer = () => Response.json({ keys: published })
  fetches = []
})

const sign = (principal = ada, audience = 'orders') =>
  createIdentityIssuer({ keys, issuer, now: () => now }).tokenFor(principal, audience)

const verifier = (options: object = {}) =>
  createIdentityVerifier({
    issuer,
    audience: 'orders',
    now: () => now,
    fetch: async (input) => {
      fetches.push(String(input))
      return await answer(String(input))
    },
    ...options,
  })

const outcome = async (token: string, on = verifier()) =>
  on.verify(new Headers({ 'x-identity': token })).then(
    () => 'accepted',
    (error) => (error instanceof IdentityError ? error.code : error),
  )

describe('an identity token becomes a principal', () => {
  test.each(['EdDSA', 'ES256'] as const)('signed with %s', async (algorithm) => {
    keys = reread(newIdentityKeys(algorithm))
    published = keys.keys.map(({ publicJwk }) => publicJwk)
    const principal = await verifier().verify(new Headers({ 'x-identity': await sign() }))
    expect(principal).toEqual({
      ...ada,
      credential: {
        ...ada.credential,
        scopes: ['read:orders'],
        expiresAt: new Date(start + 60_000),
      },
    })
    expect(fetches).toEqual([`${issuer}/.well-known/jwks.json`])
  })

  test('of a JWT', async () => {
    const credential = { ...ada.credential, kind: 'JWT', id: null, name: null } as const
    const token = await sign({ ...ada, scopes: new Set(), credential })
    const principal = await verifier().verify({ headers: { 'x-identity': token } })
    expect(principal.scopes.size).toBe(0)
    expect(principal.credential).toMatchObject({ kind: 'JWT', issuer: 'https://id.example' })
  })

  test('from every kind of request', async () => {
    const token = await sign()
    const one = verifier()
    const requests = [
      new Request('https://orders.example', { headers: { 'X-Identity': token } }),
      new Headers({ 'X-Identity': token }),
      { headers: { 'x-identity': token } },
      { 'x-identity': token },
      { headers: new Headers({ 'X-Identity': token }) },
    ]
    for (const request of requests) expect((await one.verify(request)).subject).toBe('ada')
  })
})

describe('an identity token is missing', () => {
  test.each([{}, { 'x-identity': '' }, { 'x-user-id': 'root' }])('in %o', async (headers) => {
    await expect(verifier().verify({ headers })).rejects.toMatchObject({
      code: 'IDENTITY_MISSING',
      status: 401,
    })
  })
})

describe('an identity token is refused', () => {
  const claims = (changes: object = {}): JWTPayload => ({
    iss: issuer,
    sub: 'ada',
    sub_id: { format: 'iss_sub', iss: 'https://id.example', sub: 'ada' },
    aud: 'orders',
    scope: '',
    auth_method: 'api-key',
    user_id: 'u',
    act: { kind: 'API_KEY', sub: 'k' },
    iat: start / 1000,
    exp: start / 1000 + 60,
    jti: 'j',
    ...changes,
  })
  const raw = (payload: JWTPayload, header: object = {}, key = keys.signer) =>
    new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: 'identity+jwt', ...header })
      .sign(key.privateKey)

  test('unless it is valid', async () => {
    expect(await outcome(await raw(claims()))).toBe('accepted')
  })

  test.each<[string, object]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'billing' }],
    ['several audiences', { aud: ['orders', 'billing'] }],
    ['no audience', { aud: undefined }],
    ['no expiry', { exp: undefined }],
    ['no issue time', { iat: undefined }],
    ['a longer lifetime', { exp: start / 1000 + 61 }],
    ['an expiry in the past', { iat: start / 1000 - 60, exp: start / 1000 }],
    ['an issue time in the future', { iat: start / 1000 + 120, exp: start / 1000 + 150 }],
    ['an expiry that is not a number', { exp: '9999999999' }],
    ['no subject', { sub: undefined }],
    ['no subject identifier', { sub_id: undefined }],
    ['two subjects', { sub_id: { format: 'iss_sub', iss: 'https://id.example', sub: 'eve' } }],
    ['no issuer of the subject', { sub_id: { format: 'iss_sub', sub: 'ada' } }],
    ['no credential', { act: undefined }],
    ['no scopes', { scope: undefined }],
    ['scopes in a list', { scope: ['a'] }],
  ])('with %s', async (_, changes) => {
    expect(await outcome(await raw(claims(changes)))).toBe('IDENTITY_INVALID')
  })

  test.each(['JWT', 'at+jwt', 'token-introspection+jwt', undefined])(
    'with type %s',
    async (typ) => {
      expect(await outcome(await raw(claims(), { typ }))).toBe('IDENTITY_INVALID')
    },
  )

  test('if it is signed with an unpublished key, even under a published id', async () => {
    const evil = reread(newIdentityKeys('EdDSA')).signer
    expect(await outcome(await raw(claims(), {}, evil))).toBe('IDENTITY_INVALID')
    expect(await outcome(await raw(claims(), { kid: keys.signer.id }, evil))).toBe(
      'IDENTITY_INVALID',
    )
  })

  test.each([
    ['unsigned', (token: string) => token.replace(/[^.]+$/, '')],
    ['cut short', (token: string) => token.slice(0, -4)],
    ['twice', (token: string) => `${token}, ${token}`],
    ['with other claims', (token: string) => token.replace(/\.[^.]+\./, '.eyJzdWIiOiJldmUifQ.')],
    ['garbage', () => 'garbage'],
    ['huge', () => 'a'.repeat(10_000)],
  ])('if it is %s', async (_, change) => {
    expect(await outcome(change(await raw(claims())))).toBe('IDENTITY_INVALID')
  })

  test('if its algorithm is none', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const header = { alg: 'none', kid: keys.signer.id, typ: 'identity+jwt' }
    expect(await outcome(`${part(header)}.${part(claims())}.`)).toBe('IDENTITY_INVALID')
  })

  test('if it is replayed after its minute', async () => {
    const token = await sign()
    const one = verifier()
    now = start + 59_999
    expect(await outcome(token, one)).toBe('accepted')
    now = start + 60_000
    expect(await outcome(token, one)).toBe('IDENTITY_INVALID')
  })
})

test('a key of small order verifies nothing', async () => {
  const [, identity] = smallOrderKeys[0]
  published = [{ ...ed25519Jwk(identity), kid: 'unsafe', alg: 'EdDSA', use: 'sig' }]
  const [, payload = ''] = (await sign()).split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const header = { kid: 'unsafe', typ: 'identity+jwt' }
  expect(await outcome(forgeWithSmallOrder(identity, header, claims))).toBe('IDENTITY_INVALID')
})

describe('the keys', () => {
  test('are fetched once for concurrent requests, and cached', async () => {
    const one = verifier()
    const token = await sign()
    await Promise.all(Array.from({ length: 20 }, () => outcome(token, one)))
    expect(fetches).toHaveLength(1)
  })

  test('are fetched for an unknown key id, at most once in ten seconds', async () => {
    const one = verifier()
    expect(await outcome(await sign(), one)).toBe('accepted')
    keys = reread(newIdentityKeys('EdDSA'))
    now += 10_000
    for (let i = 0; i < 5; i++) expect(await outcome(await sign(), one)).toBe('IDENTITY_INVALID')
    expect(fetches).toHaveLength(2)
    published = keys.keys.map(({ publicJwk }) => publicJwk)
    now += 10_000
    expect(await outcome(await sign(), one)).toBe('accepted')
  })

  test('may rotate without a pause and without another fetch', async () => {
    const one = verifier()
    expect(await outcome(await sign(), one)).toBe('accepted')
    keys = reread(rotateIdentityKeys(keys))
    expect(await outcome(await sign(), one)).toBe('accepted')
    expect(fetches).toHaveLength(1)
  })

  test('that are no longer published are refused after the next fetch', async () => {
    const one = verifier()
    expect(await outcome(await sign(), one)).toBe('accepted')
    published = []
    now += 300_000
    expect(await outcome(await sign(), one)).toBe('IDENTITY_INVALID')
  })

  test('are used for an hour while they cannot be fetched', async () => {
    const one = verifier()
    expect(await outcome(await sign(), one)).toBe('accepted')
    answer = () => new Response('', { status: 503 })
    now += 3_599_000
    expect(await outcome(await sign(), one)).toBe('accepted')
    now += 1_000
    expect(await outcome(await sign(), one)).toBe('IDENTITY_UNAVAILABLE')
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => new Response('', { status: 500 })],
    ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://x' } })],
    ['no JSON', () => new Response('<html>')],
    ['no key set', () => Response.json({ keys: 'none' })],
    ['too much', () => new Response(`{"keys":[]${' '.repeat(100_001)}}`)],
    ['nothing', () => Promise.reject(new TypeError('fetch failed'))],
  ])(
    'from a server that answers %s are an outage, and not fetched again at once',
    async (_, how) => {
      answer = how
      const one = verifier()
      for (let i = 0; i < 3; i++)
        expect(await outcome(await sign(), one)).toBe('IDENTITY_UNAVAILABLE')
      expect(fetches).toHaveLength(1)
      now += 10_000
      answer = () => Response.json({ keys: published })
      expect(await outcome(await sign(), one)).toBe('accepted')
    },
  )
})

test('a verifier requires an issuer and an audience', () => {
  for (const options of [{ issuer, audience: '' }, { issuer: '', audience: 'orders' }, {}]) {
    expect(() => createIdentityVerifier(options as { issuer: string; audience: string })).toThrow(
      TypeError,
    )
  }
})
