import postgres from 'postgres'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientFault, type PostgresClient, targetOfClient } from '../../src/db/client-target.ts'

afterEach(() => vi.unstubAllEnvs())

describe('the target of a client', () => {
  it('has its hosts, login and limits', () => {
    const sql = postgres('postgres://ada:pass%20word@one:1,two:2/shop?connect_timeout=3', {
      prepare: false,
      connection: { options: '-c statement_timeout=1', search_path: 'shop' },
    })
    expect(targetOfClient(sql)).toMatchObject({
      hosts: [
        { host: 'one', port: 1, address: null },
        { host: 'two', port: 2, address: null },
      ],
      user: 'ada',
      password: 'pass word',
      database: 'shop',
      connectTimeout: 3_000,
      options: '-c statement_timeout=1',
      prepare: false,
      targetSessionAttrs: 'any',
      tls: { mode: 'disable' },
    })
  })

  it('asks for the password each time where the client does', () => {
    const password = async () => 'token'
    expect(targetOfClient(postgres({ host: 'h', password })).password).toBe(password)
  })

  it.each([[{ host: '/run/postgresql', port: 5433 }], [{ path: '/run/postgresql/.s.PGSQL.5433' }]])(
    'is the same socket file for %j',
    (options) => {
      expect(targetOfClient(postgres(options)).hosts).toEqual([
        { host: '/run/postgresql', port: 5433, address: null },
      ])
    },
  )

  it.each([
    [false, { mode: 'disable' }],
    ['prefer', { mode: 'prefer', given: { rejectUnauthorized: false } }],
    ['require', { mode: 'require', given: { rejectUnauthorized: false } }],
    ['verify-full', { mode: 'require', given: {} }],
    [true, { mode: 'require', given: {} }],
    [
      { ca: 'PEM', servername: 's' },
      { mode: 'require', given: { ca: 'PEM', servername: 's' } },
    ],
  ] as const)('verifies certificates as the driver does with ssl %j', (ssl, tls) => {
    const found = targetOfClient(postgres({ host: 'h', ssl: ssl as 'prefer' })).tls
    expect(found).toMatchObject(tls)
    expect(found.given).toEqual('given' in tls ? tls.given : {})
  })
})

describe('a client cannot be used', () => {
  it.each([
    ['that is none', {}, /client of the package `postgres`/],
    ['that is another function', () => {}, /client of the package `postgres`/],
    ['of another driver', Object.assign(() => {}, { options: { max: 1 } }), /of the package/],
    [
      'with a socket of its own',
      postgres({ socket: () => {} } as object),
      /`socket`.*`url` instead/,
    ],
    ['of a standby', postgres({ host: 'h', target_session_attrs: 'standby' }), /a primary/],
    ['with another kind of path', postgres({ path: '/tmp/proxy.sock' }), /`path`/],
  ])('%s', (_name, client, fault) => {
    expect(clientFault(client)).toMatch(fault)
  })

  it('unless it is a usual one', () => {
    for (const client of [postgres('postgres://h/d'), postgres(), postgres({ host: 'h' })]) {
      expect(clientFault(client)).toBeNull()
      expect(targetOfClient(client satisfies PostgresClient).hosts).toHaveLength(1)
    }
  })
})
