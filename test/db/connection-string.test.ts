import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ConnectionStringError,
  type ConnectionTarget,
  parseConnectionString,
} from '../../src/db/connection-string.ts'

/** Parses without the variables of the account that runs the tests. */
const parse = (text: string, environment = {}) => parseConnectionString(text, environment)

function faultsOf(text: string, environment = {}): readonly string[] {
  try {
    parse(text, environment)
  } catch (error) {
    if (error instanceof ConnectionStringError) return error.faults
    throw error
  }
  return []
}

const hostsOf = (text: string, environment = {}) =>
  parse(text, environment).hosts.map(({ host, port }) => `${host} ${port}`)

describe('the parts of a connection string', () => {
  it('are user, password, host, port and database', () => {
    expect(parse('postgres://ada:pw@db.example.com:6432/keys')).toEqual({
      hosts: [{ host: 'db.example.com', port: 6432, address: null }],
      loadBalanceHosts: 'disable',
      targetSessionAttrs: 'any',
      user: 'ada',
      password: 'pw',
      database: 'keys',
      tls: {
        mode: 'prefer',
        rootCertificates: null,
        certificate: null,
        keyPassword: null,
        revocationList: null,
        negotiation: 'postgres',
        sendServerName: true,
        minVersion: null,
        maxVersion: null,
      },
      connectTimeout: null,
      options: null,
      prepare: true,
      warnings: [],
    } satisfies ConnectionTarget)
  })

  it('have the defaults of libpq if they are omitted', () => {
    const { user, password, database } = parse('postgresql://')
    expect({ user, password, database }).toEqual({
      user: userInfo().username,
      password: null,
      database: userInfo().username,
    })
    expect(hostsOf('postgresql://')).toEqual(['localhost 5432'])
    expect(parse('postgres://ada@db').database).toBe('ada')
  })

  it.each([
    ['postgres://a@one,two:2,[::1]:3/x', ['one 5432', 'two 2', '::1 3']],
    ['postgres://a@[2001:db8::1]/x', ['2001:db8::1 5432']],
    ['postgres://a@%2Fvar%2Frun%2Fpostgresql/x', ['/var/run/postgresql 5432']],
    ['postgres://a@/x?host=/tmp', ['/tmp 5432']],
    ['postgres://a@/x?host=one,two&port=7', ['one 7', 'two 7']],
    ['postgres://a@/x?host=one,two&port=7,8', ['one 7', 'two 8']],
    ['postgres://a@one:1/x?host=two', ['two 1']],
    ['postgres://a@one,/x', ['one 5432', 'localhost 5432']],
    ['postgres:///x?hostaddr=127.0.0.2', ['127.0.0.2 5432']],
  ])('%s has its hosts', (text, hosts) => {
    expect(hostsOf(text)).toEqual(hosts)
  })

  it('are percent-decoded, and + stands for itself', () => {
    const text = 'postgres://a%40b:p%3A%2F%3F%40%25+@db/n%20x?options=-c%20search_path%3Dx+y'
    expect(parse(text)).toMatchObject({
      user: 'a@b',
      password: 'p:/?@%+',
      database: 'n x',
      options: '-c search_path=x+y',
    })
  })

  it('come from parameters too, which take precedence', () => {
    expect(parse('postgres://a:b@db/c?user=d&password=e&dbname=f')).toMatchObject({
      user: 'd',
      password: 'e',
      database: 'f',
    })
  })

  it('come from libpq variables if the string omits them, and only then', () => {
    const environment = {
      PGHOST: 'one,two',
      PGPORT: '7',
      PGUSER: 'ada',
      PGPASSWORD: 'pw',
      PGDATABASE: 'keys',
      PGSSLMODE: 'verify-full',
      PGTARGETSESSIONATTRS: 'primary',
    }
    expect(hostsOf('postgres://', environment)).toEqual(['one 7', 'two 7'])
    expect(hostsOf('postgres://db', environment)).toEqual(['db 7'])
    expect(parse('postgres://', environment)).toMatchObject({
      user: 'ada',
      password: 'pw',
      database: 'keys',
      tls: { mode: 'verify-full' },
      targetSessionAttrs: 'primary',
    })
    const own = 'postgres://b:x@/d?sslmode=disable&target_session_attrs=any'
    expect(parse(own, environment)).toMatchObject({
      user: 'b',
      password: 'x',
      database: 'd',
      tls: { mode: 'disable' },
      targetSessionAttrs: 'any',
    })
    expect(faultsOf('postgres://', { PGSSLMODE: 'of course' })).toEqual([
      expect.stringContaining('sslmode (from PGSSLMODE) must be one of'),
    ])
  })
})

describe('parameters', () => {
  it('about TLS are read', () => {
    const text =
      'postgres://a@db/x?sslmode=verify-ca&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/c.key&sslpassword=pw&sslcrl=/crl.pem&sslnegotiation=direct&sslsni=0&ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3'
    expect(parse(text).tls).toEqual({
      mode: 'verify-ca',
      rootCertificates: '/ca.pem',
      certificate: { file: '/c.pem', keyFile: '/c.key', leftOut: null },
      keyPassword: 'pw',
      revocationList: '/crl.pem',
      negotiation: 'direct',
      sendServerName: false,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
    })
  })

  it.each([
    ['', 'prefer'],
    ['sslrootcert=system', 'verify-full'],
    ['ssl=true', 'require'],
    ['ssl=verify-full', 'verify-full'],
    ['ssl=true&sslmode=verify-full', 'verify-full'],
    ...['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'].map((mode) => [
      `sslmode=${mode}`,
      mode,
    ]),
  ])('%s is sslmode %s', (query, mode) => {
    expect(parse(`postgres://a@db/x?${query}`).tls.mode).toBe(mode)
  })

  it('about a client certificate without its key, or the key alone, are completed by libpq’s default file', () => {
    const certificateOf = (query: string) => parse(`postgres://a@db/x?${query}`).tls.certificate
    const usual = (name: string) => join(homedir(), '.postgresql', name)
    expect(certificateOf('sslcert=/c.pem')).toEqual({
      file: '/c.pem',
      keyFile: usual('postgresql.key'),
      leftOut: 'sslkey',
    })
    expect(certificateOf('sslkey=/c.key')).toEqual({
      file: usual('postgresql.crt'),
      keyFile: '/c.key',
      leftOut: 'sslcert',
    })
    expect(certificateOf('sslkey=/c.key&sslcertmode=disable')).toBeNull()
    expect(certificateOf('')).toBeNull()
  })

  it('about hosts and the session are read', () => {
    const text =
      'postgres://a@one,two/x?target_session_attrs=prefer-standby&load_balance_hosts=random&connect_timeout=3&prepare=false&hostaddr=10.0.0.1,10.0.0.2'
    expect(parse(text)).toMatchObject({
      targetSessionAttrs: 'prefer-standby',
      loadBalanceHosts: 'random',
      connectTimeout: 3000,
      prepare: false,
      hosts: [{ address: '10.0.0.1' }, { address: '10.0.0.2' }],
    })
    expect(parse('postgres://a@db/x?connect_timeout=0').connectTimeout).toBeNull()
  })

  it('that cannot affect security are ignored silently', () => {
    const text =
      'postgres://a@db/x?keepalives=1&keepalives_idle=5&tcp_user_timeout=3&application_name=x&fallback_application_name=x&gssencmode=prefer&channel_binding=prefer'
    expect(parse(text).warnings).toEqual([])
  })

  it('of other clients are ignored with one warning that names them', () => {
    const text =
      'postgres://a@db/x?pgbouncer=true&connection_limit=5&schema=public&search_path=x&sslaccept=strict'
    expect(parse(text).warnings).toEqual([
      expect.stringMatching(
        /^ignores the parameters pgbouncer, connection_limit, schema, search_path, sslaccept: .*set sslmode/,
      ),
    ])
  })

  it('channel_binding=require is a warning that names sslmode=verify-full', () => {
    expect(parse('postgres://a@db/x?sslmode=require&channel_binding=require').warnings).toEqual([
      expect.stringContaining('sslmode=verify-full'),
    ])
  })
})

describe('a connection string is refused', () => {
  it.each([
    ['', 'must not be empty: set it to postgres://'],
    ['mysql://a@db/x', 'must begin with postgres:// or postgresql://'],
    ['host=db user=a', 'must begin with postgres:// or postgresql://'],
    ['postgres://a@db/x y', 'without spaces'],
    ['postgres://a:p%ZZ@db/x', '%25'],
    ['postgres://a@db/x%00', '%00'],
    ['postgres://a:p/w@db/x', 'has an @ after its host'],
    ['postgres://a:p?w@db/x', 'has an @ after its host'],
    ['postgres://a@[::1/x', 'an IPv6 address in brackets'],
    ['postgres://a@::1/x', 'an IPv6 address in brackets'],
    ['postgres://a@db:port/x', 'has a port (number 1)'],
    ['postgres://a@db:0/x', 'has a port (number 1)'],
    ['postgres://a@one,two:65536/x', 'has a port (number 2)'],
    ['postgres://a@one,two,three/x?port=1,2', 'as many as there are hosts (3)'],
    ['postgres://a@one/x?hostaddr=10.0.0.1,10.0.0.2', 'hostaddr must name as many'],
    ['postgres://a@one/x?hostaddr=two', 'hostaddr must be IP addresses'],
    ['postgres://a@%40abstract/x', 'has a host (number 1)'],
    ['postgres://a@db/x?sslmode', 'not of the form name=value'],
    ['postgres://a@db/x?sslmode=verify-full&sslmode=disable', 'the parameter sslmode twice'],
    ['postgres://a@db/x?sslmode=', 'sslmode must be one of disable, allow'],
    ['postgres://a@db/x?sslmode=no-verify', 'sslmode must be one of disable, allow'],
    ['postgres://a@db/x?sslMode=require', 'sslmode must be spelt exactly like this'],
    ['postgres://a@db/x?ssl_root_cert=x', 'sslrootcert must be spelt exactly like this'],
    ['postgres://a@db/x?sslrootcert=system&sslmode=verify-ca', 'must be verify-full'],
    ['postgres://a@db/x?sslnegotiation=direct', 'sslnegotiation must not be direct'],
    ['postgres://a@db/x?ssl_min_protocol_version=SSLv3', 'must be one of TLSv1,'],
    [
      'postgres://a@db/x?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2',
      'must not be below',
    ],
    ['postgres://a@db/x?target_session_attrs=master', 'target_session_attrs must be one of any'],
    ['postgres://a@db/x?load_balance_hosts=yes', 'load_balance_hosts must be one of'],
    ['postgres://a@db/x?connect_timeout=soon', 'connect_timeout must be a whole number'],
    ['postgres://a@db/x?channel_binding=always', 'channel_binding must be one of'],
    ['postgres://a@db/x?prepare=no', 'prepare must be one of true, false'],
    ['postgres://a@db/x?require_auth=scram-sha-256', 'require_auth is not supported'],
    ['postgres://a@db/x?gssencmode=require', 'gssencmode must not be require'],
    ['postgres://a@db/x?sslcertmode=require', 'sslcertmode must not be require'],
    ['postgres://a@db/x?replication=database', 'replication is not supported'],
    ['postgres://a@db/x?service=x', 'service is not supported'],
  ])('%s', (text, why) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(why)])
  })

  it('with all faults', () => {
    expect(faultsOf('postgres://a@db:x/y?sslmode=x&target_session_attrs=y')).toHaveLength(3)
  })
})

describe('of any connection string', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !text.includes('\0'))
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
  const port = fc.integer({ min: 1, max: 65_535 })

  it('the parsed parts equal the written parts', () => {
    const part = fc.record({
      user: word,
      password: word,
      database: word,
      hosts: fc.array(fc.record({ host, port }), { minLength: 1, maxLength: 4 }),
      options: word,
    })
    fc.assert(
      fc.property(part, ({ user, password, database, hosts, options }) => {
        const encode = encodeURIComponent
        const list = hosts.map(
          ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
        )
        const text = `postgres://${encode(user)}:${encode(password)}@${list}/${encode(database)}?options=${encode(options)}`
        expect(parse(text)).toMatchObject({ user, password, database, options, hosts })
      }),
    )
  })

  it('nothing but a ConnectionStringError is thrown', () => {
    const piece = fc.oneof(
      fc.constantFrom('postgres://', '@', ':', '/', '?', '&', '=', ',', '[', ']', '%', '%00', '#'),
      fc.constantFrom('sslmode=', 'host=', 'port=', 'hostaddr=', 'ssl=', '::1', '5432', '%2F'),
      fc.string({ maxLength: 6 }),
    )
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `postgres://${rest}`),
        ),
        (given) => {
          faultsOf(given)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('no message and no warning repeats a part of the password, encoded or not', () => {
    // Letters that no message contains, split by characters that have a meaning in a URI.
    const secret = fc
      .array(fc.constantFrom('Zqx', '/', '?', '&', '=', '@', ':', '#', '%', ',', '[', ']', ' '), {
        minLength: 1,
        maxLength: 12,
      })
      .map((pieces) => `Zqx${pieces.join('')}Zqx`)
    const place = fc.constantFrom(
      (password: string) =>
        `postgres://ada:${password}@db.example.com:5432/keys?sslmode=x&schema=y`,
      (password: string) => `postgres://ada:${password}@db.example.com/keys?schema=y`,
      (password: string) => `postgres://db/keys?user=ada&password=${password}&schema=y&sslmode=z`,
      (password: string) => `postgres://db/keys?schema=y&password=${password}`,
      (password: string) => `${password}@db`,
    )
    fc.assert(
      fc.property(secret, place, fc.boolean(), (password, write, encoded) => {
        const text = write(encoded ? encodeURIComponent(password) : password)
        let said: readonly string[]
        try {
          said = parse(text).warnings
        } catch (error) {
          said = [String(error)]
        }
        expect(said.join()).not.toContain('Zqx')
      }),
      { numRuns: 2000 },
    )
  })
})
