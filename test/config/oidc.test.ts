import { describe, expect, it } from 'vitest'
import { ConfigError, type Environment, loadConfig } from '../../src/config.ts'

const issuer = { JWT_ISSUER: 'https://id.example.com/', JWT_AUDIENCE: 'https://api.example.com' }
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://latchkey:pw@db.example.com/latchkey',
  PUBLIC_URL: 'https://keys.example.com',
  SESSION_KEYS: 'a-session-key-of-at-least-32-bytes',
  OIDC_CLIENT_ID: 'latchkey',
  ...issuer,
}

function faultsOf(environment: Environment): string[] {
  try {
    loadConfig(environment)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ variable, message }) => `${variable} ${message}`)
  }
}

describe('the sign-in to the keys page', () => {
  it('has the only issuer and the documented defaults', () => {
    expect(loadConfig(production).oidc).toEqual({
      issuer: 'https://id.example.com/',
      clientId: 'latchkey',
      clientSecret: null,
      scopes: ['openid', 'profile', 'email'],
      resource: null,
      token: 'access',
    })
    expect(loadConfig({ ...issuer }).oidc).toBeNull()
  })

  const two = JSON.stringify([
    { issuer: 'https://a.example.com', audience: 'a' },
    { issuer: 'https://b.example.com', audience: 'b' },
  ])
  it.each<[string, Environment, string]>([
    ['no client', { OIDC_CLIENT_ID: '', OIDC_TOKEN: 'id' }, 'OIDC_TOKEN has no effect without'],
    ['no PUBLIC_URL', { PUBLIC_URL: '' }, 'PUBLIC_URL must be set with OIDC_CLIENT_ID'],
    ['no TLS', { PUBLIC_URL: 'http://keys.example.com' }, 'PUBLIC_URL must be https with'],
    ['no key', { SESSION_KEYS: '' }, 'SESSION_KEYS must be set in production with'],
    ['a short key', { SESSION_KEYS: 'short' }, 'SESSION_KEYS must be a list separated by commas'],
    ['no openid', { OIDC_SCOPES: 'read:keys' }, 'OIDC_SCOPES must contain openid'],
    ['another issuer', { OIDC_ISSUER: 'https://x.example.com' }, 'OIDC_ISSUER must be the issuer'],
    [
      'several issuers',
      { JWT_ISSUER: '', JWT_AUDIENCE: '', JWT_ISSUERS: two },
      'OIDC_ISSUER must name one of the issuers',
    ],
    [
      'an issuer without a URL',
      {
        JWT_ISSUER: '',
        JWT_AUDIENCE: '',
        JWT_ISSUERS: JSON.stringify([
          {
            issuer: 'http://adfs.example.com/adfs',
            audience: 'a',
            jwksUri: 'https://adfs.example.com/adfs/keys',
          },
        ]),
      },
      'OIDC_ISSUER must be a URL below which',
    ],
  ])('is refused with %s', (_name, change, fault) => {
    expect(faultsOf({ ...production, ...change })).toContainEqual(expect.stringContaining(fault))
  })

  it('needs an issuer', () => {
    expect(faultsOf({ OIDC_CLIENT_ID: 'latchkey' })).toEqual([
      expect.stringContaining('OIDC_CLIENT_ID needs an issuer to sign in at'),
    ])
  })

  it('takes one of several issuers', () => {
    const several = { JWT_ISSUER: '', JWT_AUDIENCE: '', JWT_ISSUERS: two }
    const config = loadConfig({ ...production, ...several, OIDC_ISSUER: 'https://b.example.com' })
    expect(config.oidc?.issuer).toBe('https://b.example.com')
  })
})
