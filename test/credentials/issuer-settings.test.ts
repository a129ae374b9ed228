import { describe, expect, test } from 'vitest'
import { issuerPresets } from '../../src/credentials/issuer-presets.ts'
import { issuerFaults } from '../../src/credentials/issuer-rules.ts'
import { type IssuerSettings, resolveIssuer } from '../../src/credentials/issuer-settings.ts'

const good: IssuerSettings = { issuer: 'https://issuer.example', audience: 'https://api.example' }

describe('valid settings have no fault', () => {
  test.each<[string, Partial<IssuerSettings>]>([
    ['the least', {}],
    ['a path', { issuer: 'https://issuer.example/realms/a/' }],
    ['this machine without TLS', { issuer: 'http://127.0.0.1:4000/dev/issuer' }],
    ['this machine by name', { issuer: 'http://localhost:4000', jwksUri: 'http://[::1]:4000/k' }],
    [
      'a name without TLS whose keys have a URL with TLS',
      { issuer: 'http://fs.example.com/adfs/services/trust', jwksUri: 'https://fs.example.com/k' },
    ],
    ['several audiences', { audience: ['a', 'b'] }],
    ['every algorithm', { algorithms: ['RS256', 'PS512', 'ES384', 'EdDSA', 'Ed25519'] }],
    ['all the rest', { scopeClaims: ['a.b'], grantClaim: 'c', clockToleranceSeconds: 0 }],
    [
      'limits',
      { maxTokenAgeSeconds: 3600, requireAccessTokenType: true, clockToleranceSeconds: 300 },
    ],
    ['what is left undefined', { preset: undefined, jwksUri: undefined, algorithms: undefined }],
    ...Object.keys(issuerPresets).map((preset): [string, Partial<IssuerSettings>] => [
      `preset ${preset}`,
      { preset: preset as keyof typeof issuerPresets },
    ]),
  ])('%s', (_name, settings) => {
    expect(issuerFaults({ ...good, ...settings })).toEqual([])
    expect(resolveIssuer({ ...good, ...settings }).audiences.length).toBeGreaterThan(0)
  })
})

describe('a fault names the setting and what to set', () => {
  test.each<[member: string, value: unknown, says: string]>([
    ['issuer', undefined, 'set it to the exact `iss`'],
    ['issuer', '', 'must not be empty: set it to the exact `iss`'],
    ['issuer', ' ', 'set it to the exact `iss`'],
    ['issuer', 7, 'set it to the exact `iss`'],
    ['issuer', 'issuer.example', 'absolute URL'],
    ['issuer', 'http://issuer.example', 'https'],
    ['issuer', 'http://issuer.example', 'https `jwksUri`'],
    ['issuer', 'http://127.0.0.1.issuer.example', 'https'],
    ['issuer', 'http://localhost.issuer.example', 'https'],
    ['issuer', 'http://10.0.0.1', '`"allowHttp":true`'],
    ['issuer', 'file:///etc/passwd', 'https'],
    ['issuer', 'https://issuer.example?x', 'no query'],
    ['issuer', 'https://issuer.example/#', 'no query'],
    ['issuer', 'https://user:secret@issuer.example', 'user name'],
    ['audience', undefined, 'set it to the `aud`'],
    ['audience', '', 'must not be empty: set it to the `aud`'],
    ['audience', [], 'set it to the `aud`'],
    ['audience', ['a', ''], 'set it to the `aud`'],
    ['audience', ['a', undefined], 'set it to the `aud`'],
    ['audience', 'a,b', 'as an array'],
    ['audience', 'api://<id>', 'placeholder'],
    ['issuer', 'https://login.microsoftonline.com/{tenantid}/v2.0', 'placeholder'],
    ['jwksUri', 'https://issuer.example/{tenant}/keys', 'placeholder'],
    ['tenants', ['aaaabbbb-0000-cccc-1111-dddd2222eeee'], 'preset entra'],
    ['audience', ['a', 'b, c'], 'as an array'],
    ['preset', 'ping', 'must be one of auth0, clerk'],
    ['preset', 'toString', 'must be one of'],
    ['preset', null, 'must be one of'],
    ['jwksUri', 'http://issuer.example/keys', 'https'],
    ['jwksUri', '/keys', 'absolute URL'],
    ['jwksUri', 7, 'absolute URL'],
    ['allowHttp', 'true', 'true or false'],
    ['allowMissingAzp', 1, 'true or false'],
    ['allowMissingAzp', true, 'preset clerk'],
    ['allowAnonymousUsers', 1, 'true or false'],
    ['allowAnonymousUsers', true, 'preset supabase or firebase'],
    ['jwks', {}, 'is not a JWK Set'],
    ['jwks', 'x', 'is not a JWK Set'],
    ['jwks', { keys: [] }, 'contains no key'],
    ['jwks', { keys: [{ kty: 'EC', crv: 'P-256', use: 'enc' }] }, 'contains no key'],
    ['jwks', { keys: [{ kty: 'OKP', crv: 'Ed25519', d: 'x' }] }, 'private or shared'],
    ['jwks', { keys: [{ kty: 'oct', k: 'x' }] }, 'private or shared'],
    ['jwksFile', '', 'path of a file'],
    ['jwksFile', '/does/not/exist', 'cannot be read'],
    ['jwksFile', import.meta.filename, 'is not a JWK Set'],
    ['issuer', `https://${'x'.repeat(2050)}`, 'visible ASCII'],
    ['algorithms', [], 'must be an array of one or more of RS256'],
    ['algorithms', 'RS256', 'must be an array'],
    ['algorithms', ['RS256', 'HS256'], 'HS256 needs a shared secret'],
    ['algorithms', ['none'], 'must be an array'],
    ['algorithms', ['rs256'], 'must be an array'],
    ['algorithms', ['__proto__'], 'must be an array'],
    ['algorithms', [undefined], 'must be an array'],
    ['scopeClaims', [], 'must be an array'],
    ['scopeClaims', [''], 'must be an array'],
    ['scopesFrom', 'user', '`token` or `grant`'],
    ['scopePrefix', '', 'beginning of a scope name'],
    ['scopePrefix', 'a b', 'beginning of a scope name'],
    ['scopePrefix', 7, 'beginning of a scope name'],
    ['grantClaim', '', 'claim name'],
    ['clockToleranceSeconds', -1, '0 to 300'],
    ['clockToleranceSeconds', 301, '0 to 300'],
    ['clockToleranceSeconds', Number.NaN, '0 to 300'],
    ['clockToleranceSeconds', '5', '0 to 300'],
    ['maxTokenAgeSeconds', 0, 'from 1'],
    ['maxTokenAgeSeconds', Number.POSITIVE_INFINITY, 'from 1'],
    ['requireAccessTokenType', 'true', 'true or false'],
    ['audiences', ['a'], 'does not exist'],
  ])('%s: %j', (member, value, says) => {
    const faults = issuerFaults({ ...good, [member]: value })
    expect(faults).toEqual([expect.stringContaining(`${member}: `)])
    expect(faults[0]).toContain(says)
  })

  test('also for settings that exclude each other', () => {
    expect(issuerFaults({ ...good, preset: 'firebase', requireAccessTokenType: true })).toEqual([
      'requireAccessTokenType: must not be true: the tokens of firebase are ID tokens',
    ])
    const scopesFrom = 'grant'
    const fault = 'scopesFrom: must not be `grant` together with a `grantClaim`'
    expect(issuerFaults({ ...good, scopesFrom, grantClaim: 'roles' })).toEqual([
      expect.stringContaining(fault),
    ])
    expect(issuerFaults({ ...good, scopesFrom, preset: 'auth0' })).toEqual([
      expect.stringContaining(fault),
    ])
    const issuer = 'https://login.microsoftonline.com/common/v2.0'
    expect(issuerFaults({ ...good, issuer, preset: 'entra' })).toEqual([
      'issuer: must contain the id of your tenant, as `iss` of the tokens does (or list several in `tenants`)',
    ])
  })
})

test('all faults are reported at once', () => {
  expect(issuerFaults({ issuer: '', algorithms: ['HS256'] })).toHaveLength(3)
  expect(issuerFaults(null)).toHaveLength(1)
  expect(issuerFaults('https://issuer.example')).toHaveLength(1)
})

test('faulty settings give one error with the issuer and all faults', () => {
  const settings = { issuer: 'http://issuer.example', audience: '' }
  expect(() => resolveIssuer(settings)).toThrow(
    /^JWT issuer "http:\/\/issuer\.example": issuer: must be https.*; audience: must not be empty/,
  )
  expect(() => resolveIssuer(undefined as unknown as IssuerSettings)).toThrow('must be an object')
})

test.each([
  [{}, 'token'],
  [{ preset: 'google' }, 'grant'],
  [{ preset: 'google', scopesFrom: 'token' }, 'token'],
  [{ preset: 'google', grantClaim: 'roles' }, 'token'],
  [{ preset: 'keycloak', scopesFrom: 'grant' }, 'grant'],
] as const)('of %j the scopes come from the %s', (settings, scopesFrom) => {
  expect(resolveIssuer({ ...good, ...settings })).toMatchObject({ scopesFrom })
})

test('settings override the preset', () => {
  const resolved = resolveIssuer({
    ...good,
    preset: 'auth0',
    algorithms: ['EdDSA'],
    scopeClaims: ['mine'],
    grantClaim: 'held.by.user',
  })
  expect([...resolved.algorithms]).toEqual(['Ed25519'])
  expect(resolved.scopeClaims([])).toEqual([[['mine']]])
  expect(resolved.grantClaim).toEqual([['held.by.user'], ['held', 'by', 'user']])
})
