import { describe, expect, it } from 'vitest'
import { type IssuerSettings, resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { checkClaims } from '../../src/credentials/jwt-claims.ts'

const now = 1_750_000_000
const audience = 'https://api.example'
const good = { sub: 'ada', aud: audience, iat: now - 10, exp: now + 50, scope: 'b a', jti: 'id' }

function check(
  claims: object = {},
  settings: Partial<IssuerSettings> = {},
  { type = null as string | null, at = now } = {},
) {
  const issuer = resolveIssuer({ issuer: 'https://issuer.example', audience, ...settings })
  const outcome = checkClaims({ claims: { ...good, ...claims }, type, issuer, now: at })
  return 'reason' in outcome ? outcome.reason : outcome
}

const accepted = expect.objectContaining({ subject: 'ada' })

describe('the claims of a token', () => {
  it('are returned', () => {
    expect(check({ scp: ['c', 'a'] })).toEqual({
      issuer: 'https://issuer.example',
      subject: 'ada',
      scopes: ['a', 'b', 'c'],
      grant: null,
      issuedAt: now - 10,
      expiresAt: now + 50,
      id: 'id',
    })
  })

  it('with a time may have fractions, which are dropped', () => {
    expect(check({ iat: now - 9.5, exp: now + 50.5 })).toMatchObject({
      issuedAt: now - 10,
      expiresAt: now + 50,
    })
  })

  it.each([
    [undefined, null],
    ['a', 'a'],
    ['', null],
    ['a b', null],
    ['a\n', null],
    ['x'.repeat(256), null],
  ])('with an id (%j) keep it if it can be shown', (jti, id) => {
    expect(check({ jti })).toMatchObject({ id })
  })
})

describe('the times of a token', () => {
  it.each<[string, object, Partial<IssuerSettings>, unknown]>([
    ['issued 5 s ahead', { iat: now + 5 }, {}, accepted],
    ['issued 5.1 s ahead', { iat: now + 5.1 }, {}, 'issued-in-the-future'],
    ['issued ahead as tolerated', { iat: now + 9 }, { clockToleranceSeconds: 9 }, accepted],
    ['issued now, no tolerance', { iat: now }, { clockToleranceSeconds: 0 }, accepted],
    [
      'issued ahead, no tolerance',
      { iat: now + 1 },
      { clockToleranceSeconds: 0 },
      'issued-in-the-future',
    ],
    ['valid in 5 s', { nbf: now + 5 }, {}, accepted],
    ['valid in 6 s', { nbf: now + 6 }, {}, 'not-yet-valid'],
    ['valid for long', { nbf: 0 }, {}, accepted],
    ['expired now', { exp: now }, {}, 'expired'],
    ['expiring next', { exp: now + 0.1 }, {}, accepted],
    ['expired as tolerated', { exp: now - 8 }, { clockToleranceSeconds: 9 }, accepted],
    ['expired past tolerance', { exp: now - 9 }, { clockToleranceSeconds: 9 }, 'expired'],
    ['as old as may be', { iat: now - 65, exp: now - 4 }, { maxTokenAgeSeconds: 60 }, 'expired'],
    [
      'as old as may be with tolerance',
      { iat: now - 65, exp: now - 5 },
      { maxTokenAgeSeconds: 60, clockToleranceSeconds: 9 },
      accepted,
    ],
    [
      'as old as may be, to the second',
      { iat: now - 60, exp: now },
      { maxTokenAgeSeconds: 55, clockToleranceSeconds: 5 },
      'lifetime',
    ],
    [
      'older than may be',
      { iat: now - 60.1, exp: now + 1 },
      { maxTokenAgeSeconds: 55, clockToleranceSeconds: 5 },
      'too-old',
    ],
    ['as long as may be', { iat: now, exp: now + 60 }, { maxTokenAgeSeconds: 60 }, accepted],
    ['longer than may be', { iat: now, exp: now + 61 }, { maxTokenAgeSeconds: 60 }, 'lifetime'],
    ['until the last second there is', { exp: 253_402_300_799 }, {}, accepted],
    ['beyond it', { exp: 253_402_300_800 }, {}, 'claims'],
    ['of the first second there is', { iat: 0 }, {}, accepted],
    ['before it', { iat: -1 }, {}, 'claims'],
    ['not before it', { nbf: -1 }, {}, 'claims'],
    ['no end', { exp: undefined }, {}, 'claims'],
    ['no beginning', { iat: undefined }, {}, 'claims'],
    ['an end as text', { exp: String(now + 50) }, {}, 'claims'],
    ['a beginning of null', { nbf: null }, {}, 'claims'],
    ['no number', { iat: Number.NaN }, {}, 'claims'],
  ])('%s', (_name, claims, settings, outcome) => {
    expect(check(claims, settings)).toEqual(outcome)
  })
})

describe('the other claims of a token', () => {
  it.each<[string, object, Partial<IssuerSettings>, unknown]>([
    ['no subject', { sub: undefined }, {}, 'claims'],
    ['an empty subject', { sub: '' }, {}, 'claims'],
    ['a subject of white space', { sub: ' ' }, {}, 'claims'],
    ['a subject that is no text', { sub: 1 }, {}, 'claims'],
    ['the longest subject', { sub: 'x'.repeat(255) }, {}, expect.anything()],
    ['a longer one', { sub: 'x'.repeat(256) }, {}, 'claims'],
    ['an id that is no text', { jti: 1 }, {}, 'claims'],
    ['no audience', { aud: undefined }, {}, 'audience'],
    ['another audience', { aud: `${audience}/` }, {}, 'audience'],
    ['ours among several', { aud: ['x', audience] }, {}, accepted],
    ['none of several', { aud: ['x', 'y'] }, {}, 'audience'],
    ['ours among what is no text', { aud: [audience, 1] }, {}, 'audience'],
    ['the second of ours', { aud: 'second' }, { audience: [audience, 'second'] }, accepted],
    ['an event', { events: {} }, {}, 'type'],
    ['the key of its sender', { cnf: {} }, {}, 'type'],
    ['the mark of an ID token', { nonce: 'n' }, {}, 'type'],
    [
      'a kind that its provider does not mean for APIs',
      { sts: 'pending' },
      { preset: 'clerk' },
      'type',
    ],
    ['the kind that it does', { sts: 'active' }, { preset: 'clerk' }, accepted],
  ])('may or may not have %s', (_name, claims, settings, outcome) => {
    expect(check(claims, settings)).toEqual(outcome)
  })

  it.each<[string | null, boolean, unknown]>([
    [null, false, accepted],
    ['jwt', false, accepted],
    ['at+jwt', false, accepted],
    ['logout+jwt', false, 'type'],
    ['', false, 'type'],
    [null, true, 'type'],
    ['jwt', true, 'type'],
    ['at+jwt', true, accepted],
  ])('with the type %j, requireAccessTokenType: %s', (type, requireAccessTokenType, outcome) => {
    expect(check({}, { requireAccessTokenType }, { type })).toEqual(outcome)
  })

  it('may be those of an ID token if the type is at+jwt', () => {
    expect(check({ nonce: 'n' }, {}, { type: 'at+jwt' })).toEqual(accepted)
  })
})

it('roles of Keycloak clients are scopes only if the token is for that client', () => {
  const claims = { resource_access: { a: { roles: ['of:a'] }, b: { roles: ['of:b'] } }, scope: '' }
  const settings = { preset: 'keycloak', audience: ['a', 'b'] } as const
  expect(check({ ...claims, aud: 'b' }, settings)).toMatchObject({ scopes: ['of:b'] })
  expect(check({ ...claims, aud: ['b', 'a'] }, settings)).toMatchObject({
    scopes: ['of:a', 'of:b'],
  })
})

describe('a session token of Clerk', () => {
  const scopesOf = (claims: object, settings = {}) => {
    const outcome = check({ scope: undefined, ...claims }, { preset: 'clerk', ...settings })
    return typeof outcome === 'string' ? outcome : outcome.scopes
  }

  it.each([
    [{ v: 1, org_permissions: ['org:a:b'] }, ['org:a:b']],
    [{ v: 2, fea: 'o:a', o: { per: 'read', fpm: '1' } }, ['org:a:read']],
    [{ v: 2, fea: 'o:a,uo:b', o: { per: 'r,w', fpm: '2,1' } }, ['org:a:w', 'org:b:r']],
    [{ v: 2, fea: 'o:a', o: { per: 'r', fpm: '0' } }, []],
    [{ v: 2, fea: 'o:a', o: { per: 'r', fpm: '3,1' } }, ['org:a:r']],
    [{ v: 2, fea: 'u:a', o: { per: 'r', fpm: '1' } }, []],
    [{ v: 2, fea: 'o:a', o: { per: 'r', fpm: '-1' } }, []],
    [{ v: 2, fea: 'a', o: { per: 'r', fpm: '1' } }, []],
    [{ v: 2, fea: ['o:a'], o: { per: 'r', fpm: 1 } }, []],
    [{ v: 2, fea: 'o:a', o: null }, []],
    [{ v: 1, fea: 'o:a', o: { per: 'r', fpm: '1' } }, []],
    [{ v: 2, fea: 'o:a b', o: { per: 'r', fpm: '1' } }, []],
  ])('with %j has the scopes %j', (claims, scopes) => {
    expect(scopesOf(claims)).toEqual(scopes)
  })

  it('may select more than 53 permissions', () => {
    const per = Array.from({ length: 60 }, (_, index) => `p${index}`).join(',')
    const o = { per, fpm: String(2n ** 59n + 1n) }
    expect(scopesOf({ v: 2, fea: 'o:a', o })).toEqual(['org:a:p0', 'org:a:p59'])
  })

  it('has only the scopes of configured claims', () => {
    const claims = { v: 2, fea: 'o:a', o: { per: 'r', fpm: '1' }, mine: 'x' }
    expect(scopesOf(claims, { scopeClaims: ['mine'] })).toEqual(['x'])
  })

  it('without azp and aud is accepted by a setting only', () => {
    const claims = { aud: undefined, azp: undefined }
    expect(scopesOf(claims)).toBe('audience')
    expect(scopesOf(claims, { allowMissingAzp: true })).toEqual([])
    expect(scopesOf({ ...claims, azp: 'x' }, { allowMissingAzp: true })).toBe('audience')
    expect(scopesOf({ ...claims, aud: 'x' }, { allowMissingAzp: true })).toBe('audience')
  })
})

describe('a token of an anonymous user', () => {
  it.each([
    [{ is_anonymous: true }, 'supabase'],
    [{ firebase: { sign_in_provider: 'anonymous' } }, 'firebase'],
  ] as const)('with %j is accepted by a setting only', (claims, preset) => {
    expect(check(claims, { preset })).toBe('anonymous-user')
    expect(check(claims, { preset, allowAnonymousUsers: true })).toEqual(accepted)
    expect(check(claims)).toEqual(accepted)
  })
})

describe('a scope prefix', () => {
  it('is removed from each scope, and scopes without it are ignored', () => {
    const scope = 'openid latchkey/read:users read:keys latchkey/ latchkeys/a Latchkey/b'
    expect(check({ scope }, { scopePrefix: 'latchkey/' })).toMatchObject({ scopes: ['read:users'] })
    const scp = ['latchkey/b', 'a', 7]
    expect(check({ scope: '', scp }, { scopePrefix: 'latchkey/' })).toMatchObject({ scopes: ['b'] })
  })

  it('does not count in the length of a scope', () => {
    const longest = 'x'.repeat(128)
    const scopePrefix = 'https://api.example/'
    const outcome = check({ scope: scopePrefix + longest }, { scopePrefix })
    expect(outcome).toMatchObject({ scopes: [longest] })
  })

  it('is removed from the stated grant too', () => {
    const outcome = check({ roles: ['x/a', 'b'] }, { scopePrefix: 'x/', grantClaim: 'roles' })
    expect(outcome).toMatchObject({ grant: { scopes: ['a'] } })
  })

  it('is the identifier of the resource server at Cognito', () => {
    const claims = { scope: 'openid latchkey/read:users', token_use: 'access', client_id: audience }
    const settings = { preset: 'cognito', scopePrefix: 'latchkey/' } as const
    expect(check({ ...claims, aud: undefined }, settings)).toMatchObject({ scopes: ['read:users'] })
  })
})

describe('the grant that a token states', () => {
  const grantOf = (claims: object, grantClaim?: string) => {
    const outcome = check(claims, grantClaim === undefined ? {} : { grantClaim })
    return typeof outcome === 'string' ? outcome : outcome.grant
  }

  it.each<[unknown, unknown]>([
    [['b', 'a', 'a'], { audience, scopes: ['a', 'b'], issuedAt: now - 10 }],
    ['b a', { audience, scopes: ['a', 'b'], issuedAt: now - 10 }],
    [[], { audience, scopes: [], issuedAt: now - 10 }],
    ['', { audience, scopes: [], issuedAt: now - 10 }],
    [undefined, null],
    [null, null],
    [{ a: true }, 'claims'],
    [7, 'claims'],
  ])('as %j is %j', (roles, grant) => {
    expect(grantOf({ roles }, 'roles')).toEqual(grant)
  })

  it('is null without a grant claim', () => {
    expect(grantOf({ roles: ['a'], permissions: ['b'] })).toBeNull()
  })

  it('is for the configured audience that the token names', () => {
    const outcome = check(
      { aud: ['other', 'second', audience], roles: ['a'] },
      { audience: ['first', audience, 'second'], grantClaim: 'roles' },
    )
    expect(outcome).toMatchObject({ grant: { audience } })
  })
})
