import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { type Connection, connect } from '../../src/db/connect.ts'
import { parseConnectionString } from '../../src/db/connection-string.ts'
import {
  type CertificateAuthority,
  createAuthority,
  type IssuedCertificate,
} from '../support/certificates.ts'
import { createOwnPostgres, type OwnPostgres } from '../support/own-postgres.ts'
import { temporaryFolder } from '../support/server-process.ts'

/** The `pg_hba.conf`, which accepts each role as its name says. */
const rules = `
hostssl   all tls_only   all scram-sha-256
hostnossl all clear_only all scram-sha-256
hostssl   all certified  all cert
host      all postgres   all scram-sha-256
`
const roles = `
create role tls_only login password 'pw';
create role clear_only login password 'pw';
create role certified login`

let authority: CertificateAuthority
let stranger: CertificateAuthority
/** Its certificate is for `localhost` and 127.0.0.1. */
let server: OwnPostgres
/** Its certificate is for `other.example` and `localhost`, and no address. */
let other: OwnPostgres
let certificate: IssuedCertificate
const open: Connection[] = []
const plainly = { applicationName: 'test', connectTimeout: 5_000 }

beforeAll(async () => {
  // The account that runs the tests may trust authorities of its own.
  vi.stubEnv('HOME', temporaryFolder())
  authority = createAuthority('An authority')
  stranger = createAuthority('Another authority')
  certificate = authority.issue('localhost', ['DNS:localhost', 'IP:127.0.0.1'])
  server = await startWith(certificate)
  other = await startWith(authority.issue('other.example', ['DNS:other.example', 'DNS:localhost']))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all(open.map((connection) => connection.close()))
  await server?.close()
  await other?.close()
})

async function startWith({ pem, key }: IssuedCertificate): Promise<OwnPostgres> {
  const made = await createOwnPostgres()
  await made.query(roles)
  await made.stop()
  await made.writeFile('server.crt', pem)
  await made.writeFile('server.key', key)
  await made.writeFile('root.crt', readFileSync(authority.file))
  await made.writeFile('pg_hba.conf', rules)
  await made.start({ ssl: 'on', ssl_ca_file: 'root.crt' })
  return made
}

interface How {
  readonly host?: string
  readonly on?: Pick<OwnPostgres, 'port'>
  readonly user?: string
}

async function connectBy(
  query: string,
  { host = 'localhost', on = server, user = 'tls_only:pw' }: How = {},
): Promise<Connection> {
  const url = `postgres://${user}@${host}:${on.port}/postgres?${query}`
  const connection = await connect(parseConnectionString(url, {}), plainly)
  open.push(connection)
  return connection
}

/** Returns whether the server reports that the connection uses TLS. */
async function speaksTls({ sql }: Connection): Promise<boolean> {
  const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
  return row?.ssl === true
}

const isSecured = async (...how: Parameters<typeof connectBy>) => speaksTls(await connectBy(...how))

const trusted = () => `sslrootcert=${authority.file}`
const distrusted = () => `sslrootcert=${stranger.file}`
const noAltName = { errors: [{ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } }] }

describe('sslmode=verify-full', () => {
  it('accepts a certificate for that name, and for that IP address', async () => {
    expect(await isSecured(`sslmode=verify-full&${trusted()}`)).toBe(true)
    expect(await isSecured(`sslmode=verify-full&${trusted()}`, { host: '127.0.0.1' })).toBe(true)
  })

  it('refuses one for another name, and one without IP addresses if the host is an IP address', async () => {
    const query = `sslmode=verify-full&${trusted()}`
    const another = connectBy(`${query}&hostaddr=127.0.0.1`, { host: 'another.example', on: other })
    await expect(another).rejects.toMatchObject(noAltName)
    const address = connectBy(query, { host: '127.0.0.1', on: other })
    await expect(address).rejects.toMatchObject(noAltName)
  })

  it('checks the name and not the address if both are given', async () => {
    const query = `sslmode=verify-full&${trusted()}&hostaddr=127.0.0.1`
    expect(await isSecured(query, { host: 'other.example', on: other })).toBe(true)
    await expect(connectBy(query, { host: 'other.example' })).rejects.toMatchObject(noAltName)
  })

  it('refuses one of an authority that is not trusted', async () => {
    for (const roots of [distrusted(), 'sslrootcert=system']) {
      const refused = connectBy(`sslmode=verify-full&${roots}`)
      await expect(refused).rejects.toThrow(/TLS failed/)
    }
  })
})

describe('sslmode=verify-ca', () => {
  it('accepts any name from a trusted authority, and no other authority', async () => {
    const elsewhere = { host: '127.0.0.1', on: other }
    expect(await isSecured(`sslmode=verify-ca&${trusted()}`, elsewhere)).toBe(true)
    await expect(connectBy(`sslmode=verify-ca&${distrusted()}`)).rejects.toThrow(/TLS failed/)
  })

  it('is refused without a file of trusted certificates', async () => {
    await expect(connectBy('sslmode=verify-ca')).rejects.toThrow(/sslrootcert must name a file/)
  })
})

describe('sslmode=require', () => {
  it('verifies nothing, unless there is a file of trusted certificates', async () => {
    const elsewhere = { host: '127.0.0.1', on: other }
    expect(await isSecured('sslmode=require', elsewhere)).toBe(true)
    expect(await isSecured(`sslmode=require&${trusted()}`, elsewhere)).toBe(true)
    await expect(connectBy(`sslmode=require&${distrusted()}`)).rejects.toThrow(/TLS failed/)
  })

  it('refuses a server without TLS, as stricter modes do', async () => {
    const plain = new URL(inject('databaseServerUrl'))
    for (const mode of ['require', `verify-ca&${trusted()}`, `verify-full&${trusted()}`]) {
      plain.search = `sslmode=${mode}`
      const refused = connect(parseConnectionString(plain.href, {}), plainly)
      await expect(refused).rejects.toThrow(/does not speak TLS/)
    }
  })
})

describe('weaker modes', () => {
  it.each([
    ['disable', 'clear_only', false],
    ['allow', 'clear_only', false],
    ['allow', 'tls_only', true],
    ['prefer', 'tls_only', true],
    ['prefer', 'clear_only', false],
  ])('sslmode=%s lets %s in, by TLS: %s', async (mode, user, secured) => {
    expect(await isSecured(`sslmode=${mode}`, { user: `${user}:pw` })).toBe(secured)
  })

  it('the default is prefer, and connects without TLS to a server without TLS', async () => {
    expect(await isSecured('')).toBe(true)
    const plain = parseConnectionString(inject('databaseServerUrl'), {})
    const connection = await connect(plain, plainly)
    open.push(connection)
    expect(await speaksTls(connection)).toBe(false)
  })

  it('disable is refused for a role that must use TLS', async () => {
    await expect(connectBy('sslmode=disable')).rejects.toMatchObject({ code: '28000' })
  })

  it('a wrong password is reported, whichever way failed last', async () => {
    const refused = connectBy('sslmode=prefer', { user: 'tls_only:wrong' })
    await expect(refused).rejects.toMatchObject({ code: '28P01' })
  })
})

describe('files', () => {
  it('are read again for each connection', async () => {
    const roots = join(temporaryFolder(), 'roots.pem')
    const query = `sslmode=verify-full&sslrootcert=${roots}`
    await expect(connectBy(query)).rejects.toThrow(/cannot be read \(ENOENT\)/)
    copyFileSync(stranger.file, roots)
    await expect(connectBy(query)).rejects.toThrow(/TLS failed/)
    copyFileSync(authority.file, roots)
    expect(await isSecured(query)).toBe(true)
  })

  it('with trusted certificates are found where libpq looks for them', async () => {
    const home = temporaryFolder()
    const folder = join(home, '.postgresql')
    mkdirSync(folder)
    copyFileSync(stranger.file, join(folder, 'root.crt'))
    vi.stubEnv('HOME', home)
    try {
      for (const mode of ['require', 'verify-ca', 'verify-full']) {
        await expect(connectBy(`sslmode=${mode}`)).rejects.toThrow(/TLS failed/)
      }
      copyFileSync(authority.file, join(folder, 'root.crt'))
      expect(await isSecured('sslmode=verify-full')).toBe(true)
    } finally {
      vi.stubEnv('HOME', temporaryFolder())
    }
  })

  it('that cannot be used are refused in every mode that would use them', async () => {
    for (const mode of ['allow', 'prefer', 'require', 'verify-full']) {
      const refused = connectBy(`sslmode=${mode}&sslrootcert=${server.folder}`)
      await expect(refused).rejects.toThrow(/sslrootcert names a file that cannot be read/)
    }
    await expect(
      connectBy(`sslcert=${certificate.keyFile}&sslkey=${certificate.file}`),
    ).rejects.toThrow(/not a certificate or key/)
  })

  it('with a client certificate authenticate the client', async () => {
    const { file, keyFile } = authority.issue('certified')
    const query = `sslmode=verify-full&${trusted()}&sslcert=${file}&sslkey=${keyFile}`
    expect(await isSecured(query, { user: 'certified' })).toBe(true)
    await expect(connectBy(`${query}&sslcertmode=disable`, { user: 'certified' })).rejects.toThrow(
      /certificate/,
    )
  })

  it('with only a client certificate, or only its key, are completed by the default file of libpq, which must exist', async () => {
    const home = temporaryFolder()
    const folder = join(home, '.postgresql')
    mkdirSync(folder)
    vi.stubEnv('HOME', home)
    try {
      const { file, keyFile } = authority.issue('certified')
      const query = `sslmode=verify-full&${trusted()}`
      const certified = { user: 'certified' }
      await expect(connectBy(`${query}&sslcert=${file}`, certified)).rejects.toThrow(
        /sslcert needs sslkey too: .*postgresql\.key does not exist/,
      )
      await expect(connectBy(`${query}&sslkey=${keyFile}`, certified)).rejects.toThrow(
        /sslkey needs sslcert too: .*postgresql\.crt does not exist/,
      )
      copyFileSync(keyFile, join(folder, 'postgresql.key'))
      expect(await isSecured(`${query}&sslcert=${file}`, certified)).toBe(true)
      copyFileSync(file, join(folder, 'postgresql.crt'))
      expect(await isSecured(`${query}&sslkey=${keyFile}`, certified)).toBe(true)
    } finally {
      vi.stubEnv('HOME', temporaryFolder())
    }
  })

  it('with revoked certificates make a server with one of them be refused', async () => {
    const list = authority.revoke(authority.issue('gone'))
    const query = `sslmode=verify-full&${trusted()}&sslcrl=`
    expect(await isSecured(query + list)).toBe(true)
    authority.revoke(certificate)
    await expect(connectBy(query + list)).rejects.toThrow(/revoked/)
  })
})

describe('versions and negotiation', () => {
  it('start TLS directly on request', async () => {
    expect(await isSecured(`sslmode=verify-full&${trusted()}&sslnegotiation=direct`)).toBe(true)
  })

  it.each(['TLSv1.2', 'TLSv1.3'])('keep within %s', async (version) => {
    const query = `sslmode=require&ssl_min_protocol_version=${version}&ssl_max_protocol_version=${version}`
    const { sql } = await connectBy(query)
    const [row] = await sql`select version from pg_stat_ssl where pid = pg_backend_pid()`
    expect(row?.version).toBe(version)
  })
})
