import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import {
  ConfigError,
  describeConfig,
  type Environment,
  listeningUrl,
  loadConfig,
  migrationTarget,
} from '../../src/config.ts'

const issuer = { JWT_ISSUER: 'https://id.example.com/', JWT_AUDIENCE: 'https://api.example.com' }
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://latchkey:pw@db.example.com/latchkey',
  ...issuer,
}

describe('an empty environment', () => {
  test('is development on loopback with the documented defaults', () => {
    const config = loadConfig({})
    expect(config).toMatchObject({
      mode: 'development',
      host: '127.0.0.1',
      port: 4000,
      publicUrl: 'http://127.0.0.1:4000',
      database: { url: null, schema: 'latchkey', listenUrl: null, readUrl: null },
      migrate: 'auto',
      issuers: [],
      apiKeyHeader: 'x-api-key',
      jwtHeader: null,
      apiKeyQueryParam: null,
      keyPrefix: 'lk',
      keyPeppers: [],
      keyMaxLifetimeDays: null,
      keyMaxPerUser: 100,
      recordClients: true,
      graphiql: false,
      defaultUserScopes: null,
      maxStalenessMs: 2000,
      jwtOutageSeconds: 60,
      authFailuresPerMinute: 20,
      otherScopes: {},
      publicIntrospection: true,
      identityKeysFile: null,
      logLevel: 'info',
    })
    expect(config.trustedProxies.ranges).toEqual([])
    expect(config.dataDir).toMatch(/\.data$/)
    expect(isAbsolute(config.dataDir)).toBe(true)
  })

  test('gives a frozen configuration', () => {
    const config = loadConfig({ ...production, DEFAULT_USER_SCOPES: 'read:users', KEY_PEPPER: 'a' })
    for (const part of [
      config,
      config.database,
      config.issuers,
      config.issuers[0],
      config.keyPeppers,
      config.defaultUserScopes,
      config.trustedProxies,
      config.otherScopes,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})

describe('the mode', () => {
  test('is production where NODE_ENV is production', () => {
    expect(loadConfig({ ...production, HOST: '0.0.0.0' }).mode).toBe('production')
  })

  test('is self-run where an issuer is configured: any address and the embedded database are allowed', () => {
    const config = loadConfig({ ...issuer, HOST: '0.0.0.0' })
    expect(config).toMatchObject({ mode: 'self-run', host: '0.0.0.0', database: { url: null } })
  })

  test.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'api.localhost'])(
    'development listens on %s',
    (HOST) => {
      expect(loadConfig({ HOST }).mode).toBe('development')
    },
  )

  test.each(['0.0.0.0', '::', '192.168.1.2', 'localhost.example.com', '::ffff:10.0.0.1'])(
    'development refuses to listen on %s',
    (HOST) => {
      expect(variablesAtFault({ HOST })).toEqual(['HOST'])
    },
  )

  test('production without database and issuer names both', () => {
    expect(variablesAtFault({ NODE_ENV: 'production' })).toEqual(['DATABASE_URL', 'JWT_ISSUER'])
  })

  test('production refuses a development issuer', () => {
    const environment = { ...production, JWT_ISSUER: 'http://127.0.0.1:4000/dev/issuer' }
    expect(variablesAtFault(environment)).toEqual(['JWT_ISSUER'])
  })
})

describe('values', () => {
  test('are trimmed, and an empty one counts as unset', () => {
    expect(loadConfig({ PORT: ' 5000 ', HOST: '', JWT_HEADER: ' ' })).toMatchObject({
      port: 5000,
      host: '127.0.0.1',
      jwtHeader: null,
    })
  })

  test('an empty DEFAULT_USER_SCOPES grants nothing rather than everything', () => {
    expect(loadConfig({ DEFAULT_USER_SCOPES: '' }).defaultUserScopes).toEqual([])
  })

  test('an empty KEY_PEPPER is a fault rather than no pepper', () => {
    expect(variablesAtFault({ KEY_PEPPER: '' })).toEqual(['KEY_PEPPER'])
  })

  test('the public URL is known only after listening where any port may be taken', () => {
    expect(loadConfig({ PORT: '0' }).publicUrl).toBeNull()
    expect(loadConfig({ PORT: '0', PUBLIC_URL: 'https://api.example.com/' }).publicUrl).toBe(
      'https://api.example.com',
    )
  })

  test('an IPv6 address is bracketed in the public URL', () => {
    expect(loadConfig({ HOST: '[::1]', PORT: '1' })).toMatchObject({
      host: '::1',
      publicUrl: 'http://[::1]:1',
    })
    expect(listeningUrl('localhost', 80)).toBe('http://localhost:80')
  })

  test('the other database connections are the first unless they are set', () => {
    const url = 'postgresql://u:p@one,two:5433/db?sslmode=require'
    expect(loadConfig({ DATABASE_URL: url }).database).toEqual({
      url,
      schema: 'latchkey',
      listenUrl: url,
      readUrl: url,
    })
    const readUrl = 'postgres://u:p@replica/db'
    expect(loadConfig({ DATABASE_URL: url, DATABASE_READ_URL: readUrl }).database).toMatchObject({
      listenUrl: url,
      readUrl,
    })
  })

  test('a replica may be a standby', () => {
    const DATABASE_READ_URL = 'postgres://u@replica/db?target_session_attrs=standby'
    expect(loadConfig({ ...production, DATABASE_READ_URL }).database.readUrl).toBe(
      DATABASE_READ_URL,
    )
  })

  test('an ignored setting of a connection string is a warning that names the variable, not the value', () => {
    const config = loadConfig({
      ...production,
      DATABASE_URL: 'postgres://u:canary@db/x?pgbouncer=canary',
      DATABASE_LISTEN_URL: 'postgres://u@db/x?channel_binding=require',
    })
    expect(config.warnings).toEqual([
      expect.stringMatching(/^DATABASE_URL ignores the parameters pgbouncer/),
      expect.stringMatching(/^DATABASE_LISTEN_URL cannot meet channel_binding=require/),
    ])
    expect(config.warnings.join()).not.toContain('canary')
    expect(Object.isFrozen(config.warnings)).toBe(true)
    expect(loadConfig(production).warnings).toEqual([])
  })

  test('lists, limits and switches are read', () => {
    expect(
      loadConfig({
        KEY_PEPPER: 'new, old',
        KEY_PREFIX: 'acme1',
        KEY_MAX_LIFETIME_DAYS: '90',
        KEY_MAX_PER_USER: '5',
        DEFAULT_USER_SCOPES: 'write:keys,read:users, read:users',
        MAX_STALENESS_MS: '500',
        JWT_OUTAGE_SECONDS: '0',
        AUTH_FAILURES_PER_MINUTE: '0',
        PUBLIC_INTROSPECTION: 'false',
        API_KEY_HEADER: 'X-Acme-Key',
        JWT_HEADER: 'X-Acme-JWT',
        API_KEY_QUERY_PARAM: 'api_key',
        LOG_LEVEL: 'debug',
      }),
    ).toMatchObject({
      keyPeppers: ['new', 'old'],
      keyPrefix: 'acme1',
      keyMaxLifetimeDays: 90,
      keyMaxPerUser: 5,
      defaultUserScopes: ['read:users', 'write:keys'],
      maxStalenessMs: 500,
      jwtOutageSeconds: 0,
      authFailuresPerMinute: 0,
      publicIntrospection: false,
      apiKeyHeader: 'x-acme-key',
      jwtHeader: 'x-acme-jwt',
      apiKeyQueryParam: 'api_key',
      logLevel: 'debug',
    })
  })

  test('trusted proxies match addresses and ranges, IPv4 also when mapped into IPv6', () => {
    const { trustedProxies } = loadConfig({
      TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7,2001:db8::/32',
    })
    expect(trustedProxies.ranges).toEqual(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32'])
    const trusted = ['10.1.2.3', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8::1', '2001:db8::1%eth0']
    const others = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'localhost', '10.0.0.0/8']
    expect(trusted.filter((address) => !trustedProxies.trusts(address))).toEqual([])
    expect(others.filter((address) => trustedProxies.trusts(address))).toEqual([])
  })
})

describe('issuers', () => {
  test('one by the shorthand', () => {
    expect(loadConfig({ ...issuer, JWKS_URI: 'https://id.example.com/keys' }).issuers).toEqual([
      {
        issuer: 'https://id.example.com/',
        audience: 'https://api.example.com',
        jwksUri: 'https://id.example.com/keys',
      },
    ])
  })

  test('several by the list, beside the shorthand', () => {
    const other = {
      issuer: 'https://acme.eu.auth0.com/',
      audience: ['a', 'b'],
      preset: 'auth0',
      scopeClaims: ['permissions'],
      grantClaim: 'permissions',
      algorithms: ['RS256'],
      clockToleranceSeconds: 5,
      maxTokenAgeSeconds: 3600,
      requireAccessTokenType: true,
    }
    const config = loadConfig({ ...issuer, JWT_ISSUERS: JSON.stringify([other]) })
    expect(config.issuers.map((one) => one.issuer)).toEqual([issuer.JWT_ISSUER, other.issuer])
    expect(config.issuers[1]).toEqual(other)
  })
})

const one = { issuer: 'https://a.example.com', audience: 'x' }

describe('faults', () => {
  test.each<[string, Environment, RegExp]>([
    ['NODE_ENV', { NODE_ENV: 'Production', ...issuer }, /exactly `production`/],
    ['PORT', { PORT: '65536' }, /0 to 65535/],
    ['PORT', { PORT: '-1' }, /0 to 65535/],
    ['PORT', { PORT: '1e3' }, /0 to 65535/],
    ['HOST', { ...issuer, HOST: 'http://x' }, /host name/],
    ['HOST', { ...issuer, HOST: 'x:80' }, /host name/],
    ['PUBLIC_URL', { PUBLIC_URL: 'api.example.com' }, /https?:/],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://api.example.com' }, /https?:/],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://u:p@api.example.com' }, /without user/],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://api.example.com/?a' }, /without .*query/],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://api.example.com//evil.example' }, /empty path segment/],
    ['MIGRATE', { MIGRATE: 'false' }, /one of auto, off/],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:p@host/db' }, /postgres:/],
    ['DATABASE_URL', { DATABASE_URL: 'host=db user=u' }, /postgres:/],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://u:p@ho st/db' }, /postgres:/],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://u:p@host:port/db' }, /postgres:/],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://u@host/db?sslmode=no-verify' }, /sslmode must be/],
    [
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://u@host/db?target_session_attrs=prefer-standby' },
      /must lead to a primary/,
    ],
    [
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://u@host/db?sslmode=verify-full&sslrootcert=/not/there.pem' },
      /a file in sslrootcert that does not exist/,
    ],
    [
      'DATABASE_LISTEN_URL',
      { ...production, DATABASE_LISTEN_URL: 'postgres://u@h/d?target_session_attrs=standby' },
      /must lead to a primary/,
    ],
    [
      'DATABASE_READ_URL',
      { ...production, DATABASE_READ_URL: 'postgres://u@h/d?target_session_attrs=x' },
      /target_session_attrs must be/,
    ],
    ['DATABASE_LISTEN_URL', { DATABASE_LISTEN_URL: 'postgres://h/d' }, /DATABASE_URL/],
    ['DATABASE_READ_URL', { DATABASE_READ_URL: 'postgres://h/d' }, /DATABASE_URL/],
    ['JWT_AUDIENCE', { JWT_ISSUER: issuer.JWT_ISSUER }, /with JWT_ISSUER/],
    ['JWT_AUDIENCE', { JWT_AUDIENCE: 'x' }, /JWT_ISSUER/],
    ['JWKS_URI', { JWKS_URI: 'https://x.example.com' }, /JWT_ISSUER/],
    ['JWT_ISSUER', { ...issuer, JWT_ISSUER: 'http://id.example.com' }, /https/],
    ['JWT_ISSUERS', { JWT_ISSUERS: '{' }, /JSON array/],
    ['JWT_ISSUERS', { JWT_ISSUERS: '{}' }, /JSON array/],
    ['JWT_ISSUERS', { JWT_ISSUERS: '[]' }, /JSON array/],
    ['JWT_ISSUERS', { JWT_ISSUERS: '["https://a"]' }, /^\[0\] /],
    ['JWT_ISSUERS', { JWT_ISSUERS: list({ issuer: one.issuer }) }, /^\[0\] audience: /],
    ['JWT_ISSUERS', { JWT_ISSUERS: list({ ...one, audience: [] }) }, /^\[0\] audience: /],
    ['JWT_ISSUERS', { JWT_ISSUERS: list({ ...one, jwksUrl: 'x' }) }, /jwksUrl/],
    ['JWT_ISSUERS', { JWT_ISSUERS: list({ ...one, preset: 'other' }) }, /preset/],
    ['JWT_ISSUERS', { JWT_ISSUERS: list(one, one) }, /^\[1\] is the same issuer as \[0\]/],
    [
      'JWT_ISSUERS',
      { ...issuer, JWT_ISSUERS: list({ ...one, issuer: issuer.JWT_ISSUER }) },
      /both|two/,
    ],
    ['API_KEY_HEADER', { API_KEY_HEADER: 'X Key' }, /header name/],
    ['API_KEY_HEADER', { API_KEY_HEADER: 'Keep-Alive' }, /another meaning/],
    ['API_KEY_HEADER', { API_KEY_HEADER: 'Authorization' }, /another meaning/],
    ['JWT_HEADER', { JWT_HEADER: 'X-User-Id' }, /another meaning/],
    ['JWT_HEADER', { JWT_HEADER: 'x-identity' }, /another meaning/],
    ['JWT_HEADER', { JWT_HEADER: 'X-API-Key' }, /API_KEY_HEADER/],
    ['API_KEY_QUERY_PARAM', { API_KEY_QUERY_PARAM: 'query' }, /GraphQL/],
    ['API_KEY_QUERY_PARAM', { API_KEY_QUERY_PARAM: 'a&b' }, /letters/],
    ['KEY_PREFIX', { KEY_PREFIX: 'LK' }, /lower-case/],
    ['KEY_PREFIX', { KEY_PREFIX: '1k' }, /lower-case/],
    ['KEY_PREFIX', { KEY_PREFIX: 'a'.repeat(17) }, /1 to 16/],
    ['KEY_PREFIX', { KEY_PREFIX: 'a_b' }, /lower-case/],
    ['KEY_PEPPER', { KEY_PEPPER: 'a,,b' }, /empty/],
    ['KEY_PEPPER', { KEY_PEPPER: 'a,a' }, /twice/],
    ['KEY_MAX_LIFETIME_DAYS', { KEY_MAX_LIFETIME_DAYS: '0' }, /1 to/],
    ['KEY_MAX_PER_USER', { KEY_MAX_PER_USER: 'many' }, /1 to/],
    ['DEFAULT_USER_SCOPES', { DEFAULT_USER_SCOPES: 'read:user' }, /read:users/],
    ['DEFAULT_USER_SCOPES', { DEFAULT_USER_SCOPES: 'a"b' }, /scope/],
    ['MAX_STALENESS_MS', { MAX_STALENESS_MS: '0' }, /100 to/],
    ['JWT_OUTAGE_SECONDS', { JWT_OUTAGE_SECONDS: '1.5' }, /whole number/],
    ['AUTH_FAILURES_PER_MINUTE', { AUTH_FAILURES_PER_MINUTE: '-5' }, /whole number/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.1,proxy' }, /entry 2/],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }, /entry 1/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'null' }, /entry 1/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.example,https://b.example/' }, /entry 2/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://*.a.example' }, /entry 1/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://A.example' }, /entry 1/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.example:443' }, /entry 1/],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'file://a' }, /entry 1/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/33' }, /entry 1/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/8/8' }, /entry 1/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: 'fe80::1%eth0' }, /entry 1/],
    ['PUBLIC_INTROSPECTION', { PUBLIC_INTROSPECTION: 'maybe' }, /true or false/],
    ['IDENTITY_KEYS_FILE', { IDENTITY_KEYS_FILE: '/nonexistent/keys.json' }, /cannot be read/],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }, /trace, debug/],
  ])('%s: %o', (variable, environment, message) => {
    const faults = faultsOf(environment)
    expect(faults.map((fault) => fault.variable)).toEqual([variable])
    expect(faults[0]?.message).toMatch(message)
  })

  test('are all listed at once, in a text that states what to set', () => {
    const environment = {
      NODE_ENV: 'production',
      PORT: 'x',
      KEY_PREFIX: 'X',
      TRUSTED_PROXIES: 'a,b',
      LOG_LEVEL: 'x',
    }
    expect(variablesAtFault(environment).sort()).toEqual(
      ['DATABASE_URL', 'JWT_ISSUER', 'KEY_PREFIX', 'LOG_LEVEL', 'PORT'].concat([
        'TRUSTED_PROXIES',
        'TRUSTED_PROXIES',
      ]),
    )
    const { message } = errorOf(environment)
    expect(message.split('\n')).toHaveLength(8)
    expect(message).toContain('DATABASE_URL must be set in production')
  })

  test('a faulty issuer is not reported as a missing one too', () => {
    const environment = { ...production, JWT_ISSUER: undefined, JWT_AUDIENCE: undefined }
    expect(variablesAtFault({ ...environment, JWT_ISSUERS: '{' })).toEqual(['JWT_ISSUERS'])
    expect(variablesAtFault({ ...production, DATABASE_URL: 'x' })).toEqual(['DATABASE_URL'])
  })

  test('never repeat a value, which may be a secret in the wrong place', () => {
    const canary = 'canary7c1f'
    const values = [
      canary,
      `postgres://latchkey:${canary}@db .example.com/x`,
      `"${canary}`,
      `${canary},,${canary}`,
      `["${canary}"]`,
      `http://${canary}:${canary}@host`,
    ]
    for (const { variable } of describeConfig()) {
      for (const value of values) {
        try {
          loadConfig({ [variable]: value })
        } catch (error) {
          expect(`${variable} ${String(error)} ${JSON.stringify(error)}`).not.toContain(canary)
        }
      }
    }
  })
})

describe('the target of a migration', () => {
  test('depends on the database variables only, whatever else is missing or faulty', () => {
    const url = 'postgres://u:p@host/db'
    const environment = { NODE_ENV: 'production', PORT: 'x', JWT_ISSUERS: '[' }
    expect(migrationTarget({ ...environment, DATABASE_URL: url })).toMatchObject({ url })
    expect(migrationTarget({ ...environment, DATABASE_URL: 'x' }, url)).toMatchObject({ url })
    expect(migrationTarget({ DATA_DIR: '/data' })).toEqual({
      url: null,
      schema: 'latchkey',
      dataDir: '/data',
      warnings: [],
    })
  })

  test.each<[string, Environment, string | undefined]>([
    ['DATABASE_URL', { NODE_ENV: 'production' }, undefined],
    ['DATABASE_URL', { DATABASE_URL: 'canary7c1f' }, undefined],
    ['--url', {}, 'canary7c1f'],
    ['NODE_ENV', { NODE_ENV: 'Production' }, undefined],
  ])('is a fault of %s where it is not valid', (variable, environment, url) => {
    expect(() => migrationTarget(environment, url)).toThrow(ConfigError)
    expect(() => migrationTarget(environment, url)).toThrow(new RegExp(`\n  ${variable} must`))
    expect(() => migrationTarget(environment, url)).not.toThrow('canary7c1f')
  })
})

describe('SCOPES_FILE', () => {
  test('adds scopes of other services, which may then be default scopes', () => {
    const SCOPES_FILE = file('{"read:orders":"Read orders."}')
    const config = loadConfig({ SCOPES_FILE, DEFAULT_USER_SCOPES: 'read:orders' })
    expect(config.otherScopes).toEqual({ 'read:orders': 'Read orders.' })
    expect(config.defaultUserScopes).toEqual(['read:orders'])
  })

  test.each<[string, string, RegExp]>([
    ['not JSON', '{', /JSON/],
    ['a list', '["read:orders"]', /JSON object/],
    ['a description that is not text', '{"read:orders":1}', /descriptions/],
    ['an invalid scope name', '{"read orders":"x"}', /RFC 6749/],
    ['a built-in scope', '{"read:users":"x"}', /`read:users`/],
  ])('containing %s is a fault', (_, content, message) => {
    const faults = faultsOf({ SCOPES_FILE: file(content), DEFAULT_USER_SCOPES: 'read:orders' })
    expect(faults.map((fault) => fault.variable)).toEqual(['SCOPES_FILE'])
    expect(faults[0]?.message).toMatch(message)
  })

  test('that is missing is a fault', () => {
    expect(variablesAtFault({ SCOPES_FILE: '/nonexistent/scopes.json' })).toEqual(['SCOPES_FILE'])
  })
})

test('every variable has a description and a default', () => {
  const table = describeConfig()
  expect(table.find(({ variable }) => variable === 'PORT')).toEqual({
    topic: 'Mode, address and log',
    variable: 'PORT',
    meaning: 'The port to listen on; `0`: any free port.',
    default: '4000',
  })
  for (const row of table) {
    expect(row.meaning).not.toBe('')
    expect(row.default).not.toBe('')
  }
})

function list(...issuers: object[]): string {
  return JSON.stringify(issuers)
}

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'latchkey-')), 'scopes.json')
  writeFileSync(path, content)
  return path
}

function errorOf(environment: Environment): ConfigError {
  try {
    loadConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

function faultsOf(environment: Environment) {
  return errorOf(environment).faults
}

function variablesAtFault(environment: Environment): string[] {
  return faultsOf(environment).map(({ variable }) => variable)
}

test.each([
  ['sslcert', 'sslkey', 'postgresql.key'],
  ['sslkey', 'sslcert', 'postgresql.crt'],
])(
  '%s without %s, and without the file that libpq would take, is a fault',
  (given, other, name) => {
    const home = mkdtempSync(join(tmpdir(), 'latchkey-'))
    const file = join(home, 'mine.pem')
    writeFileSync(file, '')
    vi.stubEnv('HOME', home)
    try {
      expect(() =>
        loadConfig({ ...production, DATABASE_URL: `postgres://u@host/db?${given}=${file}` }),
      ).toThrow(
        `DATABASE_URL ${given} needs ${other} too: ${join(home, '.postgresql', name)} does not exist or cannot be read`,
      )
    } finally {
      vi.unstubAllEnvs()
    }
  },
)
