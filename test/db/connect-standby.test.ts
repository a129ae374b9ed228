import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Connection, type ConnectOptions, connect } from '../../src/db/connect.ts'
import { parseConnectionString } from '../../src/db/connection-string.ts'
import { openSession } from '../../src/db/migrations/session.ts'
import { serverPassword } from '../support/own-postgres.ts'
import { type StandbyPair, startStandbyPair } from '../support/standby.ts'

let pair: StandbyPair
const open: Connection[] = []

beforeAll(async () => {
  pair = await startStandbyPair()
  await pair.primary.query(`
    create role reader login password 'pw';
    alter role reader set default_transaction_read_only = on`)
  await pair.caughtUp()
})
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()))
  await pair?.close()
})

/** Returns a URL with both servers, the standby first by default. */
async function connectTo(
  wanted: string,
  {
    user = `postgres:${encodeURIComponent(serverPassword)}`,
    ports = [pair.standby.port, pair.primary.port],
    ...options
  }: { user?: string; ports?: readonly number[] } & Partial<ConnectOptions> = {},
): Promise<Connection> {
  const hosts = ports.map((port) => `127.0.0.1:${port}`)
  const url = `postgres://${user}@${hosts}/postgres?target_session_attrs=${wanted}`
  const connection = await connect(parseConnectionString(url, {}), {
    applicationName: 'test',
    connectTimeout: 5_000,
    ...options,
  })
  open.push(connection)
  return connection
}

/** Asks the server which of the two it is. */
async function serverOf({ sql, inRecovery, port }: Connection): Promise<string> {
  const [row] = await sql`select pg_is_in_recovery() as recovery`
  expect(row?.recovery).toBe(inRecovery)
  expect(port).toBe(row?.recovery ? pair.standby.port : pair.primary.port)
  return row?.recovery ? 'standby' : 'primary'
}

const server = async (...how: Parameters<typeof connectTo>) => serverOf(await connectTo(...how))

describe('a migration that is cancelled', () => {
  it('is cancelled on the server that it runs on, and on no other', async () => {
    const stop = new AbortController()
    const reason = new Error('stop')
    const hosts = [pair.standby, pair.primary].map(({ port }) => `127.0.0.1:${port}`)
    const session = openSession({
      url: `postgres://postgres:${encodeURIComponent(serverPassword)}@${hosts}/postgres`,
      applicationName: 'test-cancel',
      signal: stop.signal,
    })
    // Only a cancellation ends the statement: it never checks whether its client is gone.
    const attempt = session.transaction(() => session.query('select pg_sleep(600)'))
    const running = () =>
      pair.primary.query(`select from pg_stat_activity
        where application_name = 'test-cancel' and query like '%pg_sleep%' and state = 'active'`)
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(1)
    stop.abort(reason)
    await expect(attempt).rejects.toBe(reason)
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(0)
    await session.close()
  })
})

describe('target_session_attrs', () => {
  it.each([
    ['any', 'standby'],
    ['read-write', 'primary'],
    ['primary', 'primary'],
    ['read-only', 'standby'],
    ['standby', 'standby'],
    ['prefer-standby', 'standby'],
  ])('%s leads past the others to the %s', async (wanted, found) => {
    expect(await server(wanted)).toBe(found)
    const primaryFirst = [pair.primary.port, pair.standby.port]
    if (wanted !== 'any') expect(await server(wanted, { ports: primaryFirst })).toBe(found)
  })

  it('read-write skips a primary whose sessions are read-only, and primary accepts it', async () => {
    const user = 'reader:pw'
    await expect(connectTo('read-write', { user })).rejects.toMatchObject({
      name: 'ConnectError',
      errors: [{ cause: { name: 'NotAdmitted' } }, { cause: { name: 'NotAdmitted' } }],
    })
    expect(await server('primary', { user })).toBe('primary')
    const primaryFirst = [pair.primary.port, pair.standby.port]
    expect(await server('read-only', { user, ports: primaryFirst })).toBe('primary')
  })

  it('prefer-standby accepts a primary if there is no standby', async () => {
    expect(await server('prefer-standby', { ports: [pair.primary.port] })).toBe('primary')
  })

  it('fails with the reason of each host if no host is accepted', async () => {
    await expect(connectTo('standby', { ports: [pair.primary.port, 1] })).rejects.toThrow(
      /127\.0\.0\.1:\d+: the server is not a standby.*127\.0\.0\.1:1: connection refused/,
    )
  })

  it('leaves no session on the servers that it skips', async () => {
    await connectTo('primary', { applicationName: 'passing' })
    await expect
      .poll(() =>
        pair.standby.query("select 1 from pg_stat_activity where application_name = 'passing'"),
      )
      .toEqual([])
  })
})

describe('where a primary is required', () => {
  it.each(['any', 'prefer-standby', 'read-write'])('%s leads to it', async (wanted) => {
    expect(await server(wanted, { requirePrimary: true })).toBe('primary')
  })

  it('a standby is refused, even if it is the only host left', async () => {
    const ports = [pair.standby.port]
    for (const wanted of ['any', 'standby', 'read-only', 'prefer-standby']) {
      const refused = connectTo(wanted, { requirePrimary: true, ports })
      await expect(refused).rejects.toThrow(/in recovery/)
    }
  })
})

describe('after a promotion', () => {
  it('the same string leads to the new primary, and never back to one in recovery', async () => {
    await pair.primary.stop()
    await expect(connectTo('primary')).rejects.toThrow(/the server is a standby/)
    await pair.promote()
    const { port, inRecovery } = await connectTo('primary')
    expect({ port, inRecovery }).toEqual({ port: pair.standby.port, inRecovery: false })
    await pair.rejoin()
    const again = await connectTo('any', {
      requirePrimary: true,
      ports: [pair.primary.port, pair.standby.port],
    })
    expect(again.port).toBe(pair.standby.port)
  })
})
