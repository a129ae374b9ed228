import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import type { Credential, Principal } from '../../src/principal.ts'

const start = Date.parse('2030-01-01T00:00:00Z')

function setUp(algorithm: 'EdDSA' | 'ES256' = 'EdDSA', maxTokens = 100) {
  const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys(algorithm)))
  const clock = { now: start }
  const issuer = createIdentityIssuer({
    keys,
    issuer: 'https://auth.example',
    now: () => clock.now,
    maxTokens,
  })
  return { keys, clock, issuer }
}

const byKey: Credential = {
  kind: 'API_KEY',
  id: '0123456789abcdef',
  name: 'Строитель',
  issuer: null,
  scopes: ['read:orders', 'read:users'],
  expiresAt: null,
}
const ada: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a',
  scopes: new Set(['read:users', 'read:orders']),
  credential: byKey,
}

describe('an identity token', () => {
  test('states the caller, the audience and the credential', async () => {
    const { issuer } = setUp()
    const token = await issuer.tokenFor(ada, 'orders')
    expect(decodeJwt(token)).toEqual({
      iss: 'https://auth.example',
      sub: 'ada',
      sub_id: { format: 'iss_sub', iss: 'https://id.example', sub: 'ada' },
      aud: 'orders',
      scope: 'read:orders read:users',
      auth_method: 'api-key',
      user_id: '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a',
      act: { kind: 'API_KEY', sub: '0123456789abcdef', name: 'Строитель' },
      iat: start / 1000,
      exp: start / 1000 + 60,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test.each(['EdDSA', 'ES256'] as const)('is signed by the first key, %s', async (algorithm) => {
    const { issuer, keys } = setUp(algorithm)
    const token = await issuer.tokenFor(ada, 'orders')
    expect(decodeProtectedHeader(token)).toEqual({
      alg: algorithm,
      kid: keys.signer.id,
      typ: 'identity+jwt',
    })
    const key = await importJWK(keys.signer.publicJwk, algorithm)
    await jwtVerify(token, key, { currentDate: new Date(start) })
  })

  test('is reused for at most half of its lifetime', async () => {
    const { issuer, clock } = setUp()
    const first = await issuer.tokenFor(ada, 'orders')
    clock.now += 29_999
    expect(await issuer.tokenFor({ ...ada }, 'orders')).toBe(first)
    clock.now += 1
    expect(await issuer.tokenFor(ada, 'orders')).not.toBe(first)
  })

  test('is not reused after the clock was set back', async () => {
    const { issuer, clock } = setUp()
    const first = await issuer.tokenFor(ada, 'orders')
    clock.now -= 5_000
    expect(await issuer.tokenFor(ada, 'orders')).not.toBe(first)
  })

  test.each<[string, Principal, string]>([
    ['audience', ada, 'billing'],
    ['issuer', { ...ada, issuer: 'https://other.example' }, 'orders'],
    ['subject', { ...ada, subject: 'grace' }, 'orders'],
    ['scope', { ...ada, scopes: new Set(['read:users']) }, 'orders'],
    ['credential', { ...ada, credential: { ...byKey, id: 'fedcba9876543210' } }, 'orders'],
    ['name', { ...ada, credential: { ...byKey, name: 'new' } }, 'orders'],
    ['kind', { ...ada, credential: { ...byKey, kind: 'JWT' } }, 'orders'],
  ])('is never shared with another %s', async (_, principal, audience) => {
    const { issuer } = setUp()
    const first = await issuer.tokenFor(ada, 'orders')
    const second = await issuer.tokenFor(principal, audience)
    expect(second).not.toBe(first)
    expect(decodeJwt(second)).not.toEqual({ ...decodeJwt(first), jti: decodeJwt(second).jti })
  })

  test('of a JWT without a jti names no credential id', async () => {
    const { issuer } = setUp()
    const credential: Credential = { ...byKey, kind: 'JWT', id: null, name: null }
    const claims = decodeJwt(await issuer.tokenFor({ ...ada, credential }, 'orders'))
    expect(claims).toMatchObject({ auth_method: 'jwt', act: { kind: 'JWT' } })
    expect(claims.act).not.toHaveProperty('sub')
  })

  test('is evicted if the cache is full', async () => {
    const { issuer } = setUp('EdDSA', 2)
    // Uses an equal principal each time: tokens of the same object are also cached with that object.
    const first = await issuer.tokenFor({ ...ada }, 'one')
    await issuer.tokenFor({ ...ada }, 'two')
    const third = await issuer.tokenFor({ ...ada }, 'three')
    expect(await issuer.tokenFor({ ...ada }, 'three')).toBe(third)
    expect(await issuer.tokenFor({ ...ada }, 'one')).not.toBe(first)
  })
})
