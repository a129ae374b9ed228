import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IssuerSettings, resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

function verifierFor(settings: Partial<IssuerSettings> = {}) {
  return createJwtVerifier({
    issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience, ...settings })],
  })
}

async function verify(
  claims: Record<string, unknown>,
  settings: Partial<IssuerSettings> = {},
  header: Record<string, unknown> = {},
) {
  return verifierFor(settings).verify(await issuer.sign(claims, { header }), Date.now())
}

test('a valid token gives its subject, its scopes and its expiry', async () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { scope: 'write:users read:users', jti: 'token-1', iat: now, exp: now + 60 }
  expect(await verify(claims)).toEqual({
    ok: true,
    jwt: {
      issuer: issuer.issuer,
      subject: 'alice',
      scopes: ['read:users', 'write:users'],
      grant: null,
      issuedAt: now,
      expiresAt: now + 60,
      id: 'token-1',
    },
  })
})

describe('every accepted algorithm verifies', () => {
  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'])(
    '%s',
    (alg) => verifiesWith(alg),
  )
  test.each(['EdDSA', 'Ed25519'])('%s', (alg) => verifiesWith(alg))

  async function verifiesWith(alg: string) {
    const issuer = await startIssuer({ alg })
    try {
      const verifier = createJwtVerifier({
        issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })],
      })
      const token = await issuer.sign()
      expect(await verifier.verify(token, Date.now())).toMatchObject({ ok: true })
      const [head, body, signature = ''] = token.split('.')
      const bytes = Buffer.from(signature, 'base64url')
      bytes[10] = (bytes[10] ?? 0) ^ 1
      const forged = `${head}.${body}.${bytes.toString('base64url')}`
      expect(await verifier.verify(forged, Date.now())).toMatchObject({
        ok: false,
        reason: 'signature',
      })
    } finally {
      await issuer.close()
    }
  }
})

describe('scopes', () => {
  const scopesOf = async (claims: Record<string, unknown>, settings?: Partial<IssuerSettings>) => {
    const verification = await verify(claims, settings)
    return verification.ok ? verification.jwt.scopes : verification.reason
  }

  test('come from scope, scp and permissions together, sorted, each once', async () => {
    expect(await scopesOf({ scope: 'b a b', scp: 'c a', permissions: ['d', 'a'] })).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    expect(await scopesOf({ scp: ['b', 'a'] })).toEqual(['a', 'b'])
  })

  test('are empty if no claim has any', async () => {
    expect(await scopesOf({})).toEqual([])
    expect(await scopesOf({ scope: '' })).toEqual([])
    expect(await scopesOf({ scope: { a: 1 }, scp: 7, permissions: null })).toEqual([])
  })

  test('leave out values that are not scope names', async () => {
    const permissions = [
      'ok',
      '',
      'two words',
      'quo"te',
      'nul\u0000',
      7,
      null,
      ['x'],
      'é',
      'back\\',
    ]
    expect(await scopesOf({ permissions })).toEqual(['ok'])
  })

  test('come only from the claims that the settings name', async () => {
    const claims = {
      scope: 'no',
      realm_access: { roles: ['nested'] },
      'https://api.example/roles': ['namespaced'],
    }
    const scopeClaims = ['realm_access.roles', 'https://api.example/roles', 'not.there']
    expect(await scopesOf(claims, { scopeClaims })).toEqual(['namespaced', 'nested'])
  })

  test('never come from inherited members', async () => {
    const scopeClaims = ['constructor.name', '__proto__.scope', 'toString']
    expect(await scopesOf({}, { scopeClaims })).toEqual([])
  })
})

describe("the issuer's grant", () => {
  const grantOf = async (claims: Record<string, unknown>, settings?: Partial<IssuerSettings>) => {
    const verification = await verify(claims, { grantClaim: 'held', ...settings })
    return verification.ok ? verification.jwt.grant : verification.reason
  }

  test('is the list of the claim, for the matched audience, at iat', async () => {
    const iat = Math.floor(Date.now() / 1000) - 5
    const audience = ['https://one.example', 'https://two.example']
    const aud = ['https://other.example', 'https://two.example']
    expect(await grantOf({ held: ['b', 'a', 'a'], aud, iat }, { audience })).toEqual({
      audience: 'https://two.example',
      scopes: ['a', 'b'],
      issuedAt: iat,
    })
    expect(await grantOf({ held: 'b a' })).toMatchObject({ scopes: ['a', 'b'] })
  })

  test('is null for a missing claim, and empty for an empty one', async () => {
    expect(await grantOf({})).toBeNull()
    expect(await grantOf({ held: null })).toBeNull()
    expect(await grantOf({ held: [] })).toMatchObject({ scopes: [] })
    expect(await grantOf({ held: '' })).toMatchObject({ scopes: [] })
  })

  test('is refused if it is not valid', async () => {
    expect(await grantOf({ held: 7 })).toBe('claims')
    expect(await grantOf({ held: { a: true } })).toBe('claims')
  })
})

describe('time', () => {
  const now = 1_750_000_000
  const at = async (
    claims: { iat: number; exp: number; nbf?: number },
    settings: Partial<IssuerSettings> = {},
    milliseconds = now * 1000,
  ) => {
    const verification = await verifierFor(settings).verify(await issuer.sign(claims), milliseconds)
    return verification.ok ? 'good' : verification.reason
  }

  test('a token is valid until the second in which it expires', async () => {
    expect(await at({ iat: now - 60, exp: now }, {}, now * 1000 - 1)).toBe('good')
    expect(await at({ iat: now - 60, exp: now })).toBe('expired')
  })

  test('clocks may differ by five seconds for iat and nbf', async () => {
    expect(await at({ iat: now + 5, exp: now + 60 })).toBe('good')
    expect(await at({ iat: now + 6, exp: now + 60 })).toBe('issued-in-the-future')
    expect(await at({ iat: now, nbf: now + 5, exp: now + 60 })).toBe('good')
    expect(await at({ iat: now, nbf: now + 6, exp: now + 60 })).toBe('not-yet-valid')
  })

  test('a configured tolerance applies to exp too, and is part of the returned expiry', async () => {
    const settings = { clockToleranceSeconds: 30 }
    expect(await at({ iat: now - 60, exp: now - 29 }, settings)).toBe('good')
    expect(await at({ iat: now - 60, exp: now - 30 }, settings)).toBe('expired')
    expect(await at({ iat: now + 30, exp: now + 60 }, settings)).toBe('good')
    const token = await issuer.sign({ iat: now - 60, exp: now - 29 })
    expect(await verifierFor(settings).verify(token, now * 1000)).toMatchObject({
      jwt: { expiresAt: now + 1 },
    })
  })

  test('a maximum age bounds the lifetime of a token too', async () => {
    const settings = { maxTokenAgeSeconds: 3600 }
    expect(await at({ iat: now, exp: now + 3600 }, settings)).toBe('good')
    expect(await at({ iat: now, exp: now + 3601 }, settings)).toBe('lifetime')
    expect(await at({ iat: now - 3606, exp: now + 60 }, settings)).toBe('too-old')
  })
})

describe('several issuers', () => {
  test('are distinguished by iss, each with its own keys and audience', async () => {
    const other = await startIssuer()
    try {
      const verifier = createJwtVerifier({
        issuers: [
          resolveIssuer({ issuer: issuer.issuer, audience: testAudience }),
          resolveIssuer({ issuer: other.issuer, audience: 'https://other.example' }),
        ],
      })
      const mine = await verifier.verify(await issuer.sign(), Date.now())
      const theirs = await other.sign({ aud: 'https://other.example' })
      expect(mine).toMatchObject({ ok: true, jwt: { issuer: issuer.issuer, subject: 'alice' } })
      expect(await verifier.verify(theirs, Date.now())).toMatchObject({
        ok: true,
        jwt: { issuer: other.issuer, subject: 'alice' },
      })
      const wrongAudience = await verifier.verify(await other.sign(), Date.now())
      expect(wrongAudience).toMatchObject({ ok: false, reason: 'audience' })
      const posing = await other.sign({ iss: issuer.issuer })
      expect(await verifier.verify(posing, Date.now())).toMatchObject({
        ok: false,
        reason: 'unknown-key',
      })
    } finally {
      await other.close()
    }
  })

  test('must be different', () => {
    const one = resolveIssuer({ issuer: issuer.issuer, audience: testAudience })
    expect(() => createJwtVerifier({ issuers: [one, one] })).toThrow('configured twice')
  })
})

test('a token without kid is tried with every suitable key', async () => {
  const issuer = await startIssuer()
  try {
    await issuer.rotateKey({ keep: true })
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })],
    })
    const token = await issuer.sign({}, { header: { kid: undefined } })
    expect(await verifier.verify(token, Date.now())).toMatchObject({ ok: true })
  } finally {
    await issuer.close()
  }
})
