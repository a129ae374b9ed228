import dns from 'node:dns/promises'
import { chmodSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { drizzle } from 'drizzle-orm/postgres-js'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Connection, type ConnectOptions, connect } from '../../src/db/connect.ts'
import { parseConnectionString } from '../../src/db/connection-string.ts'
import { asFailure, isConnectionFailure } from '../../src/db/failures.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createAuthority } from '../support/certificates.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createOwnPostgres, serverPassword } from '../support/own-postgres.ts'
import { startPooler } from '../support/pooler.ts'
import { hasProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'

// The name that resolves to several addresses. Nothing listens on the first of them.
const { lookup } = dns
const addresses = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
const lookUp = (name: string, options: object) =>
  name === 'several.test' ? Promise.resolve(addresses) : lookup(name, options)
beforeAll(() => {
  vi.spyOn(dns, 'lookup').mockImplementation(lookUp as typeof lookup)
  syncBuiltinESMExports()
})
afterAll(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

let database: TestDatabase
const open: Connection[] = []
const servers: Server[] = []

beforeAll(async () => {
  database = await createTestDatabase()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()))
  for (const server of servers.splice(0)) server.close()
})
afterAll(() => database.close())

/** Returns the URL of a real database after `change` was applied to it. */
async function connectBy(
  change: (url: { user: string; at: string; path: string }) => string,
  options: Partial<ConnectOptions> = {},
): Promise<Connection> {
  const { username, password, host, pathname } = new URL(database.url)
  const url = change({ user: `${username}:${password}`, at: host, path: pathname })
  const connection = await connect(parseConnectionString(url, {}), {
    applicationName: 'test',
    connectTimeout: 5_000,
    ...options,
  })
  open.push(connection)
  return connection
}

const connectPlainly = (options: Partial<ConnectOptions> = {}) =>
  connectBy(({ user, at, path }) => `postgres://${user}@${at}${path}`, options)

/** A server that handles each connection as the test defines. */
async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const refused = '127.0.0.1:1'
const isUp = async ({ sql }: Connection) => (await sql`select 1 as up`)[0]?.up === 1

describe('of several hosts', () => {
  it('the first that answers is used', async () => {
    const silent = await listen(() => {})
    const connection = await connectBy(
      ({ user, at, path }) =>
        `postgres://${user}@${refused},nowhere.invalid,${silent},${at}${path}`,
      { connectTimeout: 500 },
    )
    expect(await isUp(connection)).toBe(true)
    const { host, port } = connection
    expect(`${host}:${port}`).toBe(new URL(database.url).host)
  })

  it('each address of a name is tried', async () => {
    const port = new URL(database.url).port
    const connection = await connectBy(
      ({ user, path }) => `postgres://${user}@several.test:${port}${path}`,
    )
    expect(await isUp(connection)).toBe(true)
    const nobody = connectBy(({ user, path }) => `postgres://${user}@several.test:1${path}`)
    await expect(nobody).rejects.toThrow(
      'several.test:1 (127.0.0.2): connection refused (ECONNREFUSED); several.test:1 (127.0.0.1)',
    )
  })

  it('each is sometimes tried first with load balancing', async () => {
    let triedOther = false
    const other = await listen((socket) => {
      triedOther = true
      socket.destroy()
    })
    const order = new Set<boolean>()
    while (order.size < 2) {
      triedOther = false
      await connectBy(
        ({ user, at, path }) =>
          `postgres://${user}@${at},${other}${path}?load_balance_hosts=random`,
      )
      order.add(triedOther)
    }
  })

  it('no further one is tried once a login is refused', async () => {
    const beyond = await listen(() => expect.fail('It was tried.'))
    const wrong = connectBy(
      ({ user, at, path }) =>
        `postgres://${user.split(':')[0]}:wrong-password@${refused},${at},${beyond}${path}`,
    )
    const error = await wrong.catch((error: unknown) => error)
    expect(error).toMatchObject({
      name: 'ConnectError',
      code: '28P01',
      errors: [{ code: '28P01' }, { code: 'ECONNREFUSED' }],
      message: expect.stringMatching(/^No connection to the database: .*password authentication/),
    })
    expect(String(error)).not.toContain('wrong-password')
    const missing = connectBy(({ user, at }) => `postgres://${user}@${at},${beyond}/no_such`)
    await expect(missing).rejects.toMatchObject({ code: '3D000' })
  })

  it('the failure is an outage for callers if all fail', async () => {
    const error = await connectBy(({ user, path }) => `postgres://${user}@${refused}${path}`).catch(
      (error: unknown) => error,
    )
    expect(isConnectionFailure(error)).toBe(true)
    expect(asFailure(error)).toBeInstanceOf(ServiceUnavailableError)
  })
})

describe('a server that', () => {
  const by = (host: string, query: string, options: Partial<ConnectOptions> = {}) =>
    connectBy(({ user, path }) => `postgres://${user}@${host}${path}?${query}`, options)

  it('does not answer is abandoned after connect_timeout, which can only shorten our limit', async () => {
    const silent = await listen(() => {})
    for (const query of ['sslmode=disable', 'sslmode=prefer', 'connect_timeout=60']) {
      const error = by(silent, query, { connectTimeout: 100 })
      await expect(error).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
    }
    const error = by(silent, 'connect_timeout=1', { connectTimeout: 60_000 })
    await expect(error).rejects.toThrow('no connection within 1000 ms')
  })

  it('sends data after its consent to TLS is refused', async () => {
    const hostile = await listen((socket) => {
      socket.once('data', () => socket.write('SE'))
    })
    await expect(by(hostile, 'sslmode=require')).rejects.toThrow(
      /did not answer the request for TLS/,
    )
  })

  it('ends the connection at any point is reported', async () => {
    const atOnce = await listen((socket) => socket.end())
    const onRequest = await listen((socket) => socket.once('data', () => socket.end()))
    const inHandshake = await listen((socket) =>
      socket.once('data', () => socket.write('S', () => socket.destroy())),
    )
    for (const mode of ['disable', 'prefer', 'require']) {
      for (const host of [atOnce, onRequest, inHandshake]) {
        await expect(by(host, `sslmode=${mode}`)).rejects.toMatchObject({ name: 'ConnectError' })
      }
    }
  })

  it('has a name receives it in the TLS handshake, and one with an IP address receives none', async () => {
    const { pem, key } = createAuthority('any').issue('any')
    const names: (string | false | null)[] = []
    const host = await listen((socket) =>
      socket.once('data', () => {
        socket.write('S')
        const secureContext = createSecureContext({ cert: pem, key })
        const secured = new TLSSocket(socket, { isServer: true, secureContext })
        secured.on('error', () => {})
        secured.on('secure', () => {
          names.push((secured as TLSSocket & { servername?: string | false }).servername ?? null)
          socket.destroy()
        })
      }),
    )
    const port = host.split(':')[1]
    const query = 'sslmode=require'
    await by(`localhost:${port}`, `${query}&hostaddr=127.0.0.1`).catch(() => {})
    await by(`localhost:${port}`, `${query}&hostaddr=127.0.0.1&sslsni=0`).catch(() => {})
    await by(host, query).catch(() => {})
    expect(names).toEqual(['localhost', false, false])
  })
})

describe('a connection', () => {
  it('has the settings that were asked for, and names itself', async () => {
    const connection = await connectBy(
      ({ user, at, path }) =>
        `postgres://${user}@${at}${path}?options=-c%20search_path%3Dsomewhere&application_name=other`,
      { applicationName: 'latchkey-here', statementTimeout: 4_321 },
    )
    const [row] = await connection.sql`
      select current_setting('TimeZone') as zone, current_setting('search_path') as path,
        current_setting('statement_timeout') as timeout, current_setting('application_name') as name`
    expect(row).toEqual({
      zone: 'UTC',
      path: 'somewhere',
      timeout: '4321ms',
      name: 'latchkey-here',
    })
    expect(connection.statementTimeout).toBe(4_321)
  })

  it('knows the process that serves it', async () => {
    const { sql, backendPid } = await connectPlainly()
    expect(await sql`select pg_backend_pid() as pid`).toEqual([{ pid: backendPid }])
  })

  it('prepares statements on the server unless prepare=false', async () => {
    const prepared = async ({ sql }: Connection) => {
      await sql`select ${1}::int`
      return (await sql.unsafe('select 1 from pg_prepared_statements')).length
    }
    expect(await prepared(await connectPlainly())).toBe(1)
    const without = connectBy(
      ({ user, at, path }) => `postgres://${user}@${at}${path}?prepare=false`,
    )
    expect(await prepared(await without)).toBe(0)
  })

  it('receives notifications', async () => {
    const notification = new Promise((resolve) => {
      void connectPlainly({ onnotify: (...words) => resolve(words) }).then(({ sql }) =>
        sql.unsafe(`listen somewhere; notify somewhere, 'something'`),
      )
    })
    expect(await notification).toEqual(['somewhere', 'something'])
  })

  it('is not shared: calls that need a connection of their own fail', async () => {
    const connection = await connectPlainly()
    await expect(connection.sql.listen('somewhere', () => {})).rejects.toThrow(/lost/)
    expect(await isUp(connection)).toBe(true)
  })

  it('serves drizzle, transactions within transactions included', async () => {
    const { sql } = await connectPlainly()
    const client = drizzle({ client: sql })
    const answer = await client.transaction((outer) =>
      outer.transaction((inner) => inner.execute('select 7 as seven')),
    )
    expect([...answer]).toEqual([{ seven: 7 }])
  })

  it('uses a Unix socket without TLS', async () => {
    const folder = temporaryFolder()
    const own = await createOwnPostgres({
      started: false,
      settings: { unix_socket_directories: folder },
    })
    try {
      await own.writeFile('pg_hba.conf', 'local all all scram-sha-256\nhost all all all trust\n')
      // The account that runs PostgreSQL puts its socket there.
      chmodSync(folder, 0o777)
      await own.start()
      const password = encodeURIComponent(serverPassword)
      const host = encodeURIComponent(folder)
      const url = `postgres://postgres:${password}@${host}:${own.port}/postgres?sslmode=verify-full`
      const connection = await connect(parseConnectionString(url, {}), {
        applicationName: 'test',
        connectTimeout: 5_000,
      })
      open.push(connection)
      const [row] = await connection.sql`
        select inet_server_port() as port, ssl from pg_stat_ssl where pid = pg_backend_pid()`
      expect(row).toEqual({ port: null, ssl: false })
    } finally {
      await Promise.all(open.splice(0).map((connection) => connection.close()))
      await own.close()
    }
  })

  it('obeys the string and not a variable that the driver would read', async () => {
    vi.stubEnv('PGTARGETSESSIONATTRS', 'any')
    vi.stubEnv('PGPASSWORD', 'other')
    try {
      expect(await isUp(await connectPlainly())).toBe(true)
      expect(process.env.PGTARGETSESSIONATTRS).toBe('any')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('a connection that is lost', () => {
  /** Ends the session as an administrator would. */
  async function end({ backendPid }: Connection): Promise<void> {
    const { sql } = await connectPlainly()
    await sql`select pg_terminate_backend(${backendPid})`
  }

  async function losable(applicationName: string) {
    let ends = 0
    let reportEnd = () => {}
    const ended = new Promise<void>((resolve) => {
      reportEnd = resolve
    })
    const onclose = () => {
      ends++
      reportEnd()
    }
    const connection = await connectPlainly({ applicationName, onclose })
    return { connection, ended, ends: () => ends }
  }

  it('reports it once, rejects every query, and never reconnects', async () => {
    const { connection, ended, ends } = await losable('lost')
    const { sql } = connection
    const waiting = sql`select pg_sleep(60)`.catch((error: { code: string }) => error.code)
    const queued = sql`select 1`.catch((error: { code: string }) => error.code)
    await expect.poll(() => countSleepers()).toBe(1)
    expect(connection.alive).toBe(true)
    await end(connection)
    await ended
    expect(await waiting).toBe('CONNECTION_CLOSED')
    expect(await queued).toBe('CONNECTION_CLOSED')
    expect(connection.alive).toBe(false)
    for (let query = 0; query < 5; query++) {
      await expect(sql`select 1`).rejects.toThrow()
      await expect(sql.unsafe('select 1')).rejects.toThrow()
      await expect(sql.begin((transaction) => transaction`select 1`)).rejects.toThrow()
    }
    expect(await countNamed('lost')).toBe(0)
    expect(ends()).toBe(1)
  })

  it('ends in the same way when it is destroyed', async () => {
    const { connection, ended, ends } = await losable('cut')
    const waiting = connection.sql`select pg_sleep(60)`.catch((error: unknown) => error)
    connection.destroy()
    expect(connection.alive).toBe(false)
    await ended
    expect(isConnectionFailure(await waiting)).toBe(true)
    await connection.close()
    expect(ends()).toBe(1)
  })

  it.each(['cut', 'ended by the server'])(
    'fails a transaction that goes on after it was %s, and nothing else',
    async (way) => {
      const { connection } = await losable('transaction')
      const codes: unknown[] = []
      const transaction = connection.sql.begin(async (sql) => {
        await sql.savepoint(async (inner) => {
          await inner`select 1`
          if (way === 'cut') connection.destroy()
          else await Promise.all([end(connection), inner`select pg_sleep(60)`.catch(() => {})])
          // The driver alone would throw an exception here that nobody can catch.
          for (let turn = 0; turn < 50; turn++) {
            await inner`select 2`.catch((error: unknown) => codes.push(error))
            await new Promise((resolve) => setImmediate(resolve))
          }
        })
      })
      await expect(transaction).rejects.toThrow()
      await expect.poll(() => codes.length).toBe(50)
      expect(codes.filter((error) => !isConnectionFailure(error))).toEqual([])
    },
  )

  async function countNamed(name: string) {
    const { sql } = await connectPlainly()
    const [row] = await sql`
      select count(*)::int as count from pg_stat_activity where application_name = ${name}`
    return row?.count
  }

  async function countSleepers() {
    const { sql } = await connectPlainly()
    const [row] = await sql`
      select count(*)::int as count from pg_stat_activity
      where application_name = 'lost' and query like '%pg_sleep%' and state = 'active'`
    return row?.count
  }
})

describe.skipIf(!hasProgram('pgbouncer'))('through a pooler', () => {
  it('a setting that it refuses is omitted, and its process id is not that of the session', async () => {
    const pooler = await startPooler(database.url, { mode: 'session', size: 5 })
    try {
      const connection = await connectBy(() => pooler.urlOf(database.url), {
        statementTimeout: 5_000,
        applicationName: 'pooled',
      })
      expect(connection.statementTimeout).toBeNull()
      const [row] = await connection.sql`
        select pg_backend_pid() as pid, current_setting('application_name') as name,
          current_setting('TimeZone') as zone`
      expect(row).toMatchObject({ name: 'pooled', zone: 'UTC' })
      expect(row?.pid).not.toBe(connection.backendPid)
      await connection.close()
    } finally {
      await pooler.stop()
    }
  })
})

describe('connecting', () => {
  it('ends when its signal is aborted, with the reason of the signal, and leaves no connection', async () => {
    let released = () => {}
    const isReleased = new Promise<void>((resolve) => {
      released = resolve
    })
    const stop = new AbortController()
    const reason = new Error('The process stops.')
    const silent = await listen((socket) => {
      socket.on('close', released)
      stop.abort(reason)
    })
    const { signal } = stop
    const connecting = connectBy(({ user }) => `postgres://${user}@${silent}/x`, { signal })
    await expect(connecting).rejects.toBe(reason)
    await isReleased
    await expect(connectPlainly({ signal })).rejects.toBe(reason)
  })
})

describe('a statement that fails after the server has sent rows of it', () => {
  const failing = 'select 1 / (3 - n) as v from generate_series(1, 5) as n'
  const inTurn = async <T>(sql: Connection['sql'], next: () => PromiseLike<T>): Promise<T> => {
    const failure = expect(sql.unsafe(failing)).rejects.toThrow('division by zero')
    const answer = next()
    await failure
    return answer
  }

  it('adds nothing to the rows of the next statement', async () => {
    const { sql } = await connectPlainly()
    expect([...(await inTurn(sql, () => sql`select 'x' as one`))]).toStrictEqual([{ one: 'x' }])
    expect([...(await inTurn(sql, () => sql.unsafe("select 'x'").values()))]).toStrictEqual([['x']])
    expect([...(await inTurn(sql, () => sql`select 1 where false`))]).toStrictEqual([])
  })

  it('adds nothing to the rows of the next statements that are sent as one', async () => {
    const { sql } = await connectPlainly()
    const results = await inTurn(sql, () => sql.unsafe('select 1 as one; select 2 as two'))
    expect(results.map((rows) => [...rows])).toStrictEqual([[{ one: 1 }], [{ two: 2 }]])
  })

  it('adds nothing to what Drizzle reads', async () => {
    const { sql } = await connectPlainly()
    const queries = drizzle({ client: sql })
    expect([...(await inTurn(sql, () => queries.execute('select 1 as one')))]).toStrictEqual([
      { one: 1 },
    ])
  })
})
