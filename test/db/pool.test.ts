import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startDeadline } from '../../src/db/deadline.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startDatabaseProxy } from '../support/database-proxy.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const linkTo = (url: string, connectTimeout: number) => ({
  url,
  applicationName: 'latchkey-pool',
  connectTimeout,
  statementTimeout: null,
})

const open = (url: string, milliseconds: number, size = 1, connectTimeout = 20_000) =>
  createPool({
    link: linkTo(url, connectTimeout),
    size,
    prepare: (queries) => queries,
    startDeadline: () => startDeadline(milliseconds),
  })

it('closes a connection whose server stops answering before its survey', async () => {
  const network = await startSilencer(database.url, 'pg_control_system')
  const pool = open(network.url, 200, 1, 300)
  try {
    const one = () => pool.run((queries) => queries.execute(sql`select 1 as one`))
    await expect(one()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await vi.waitFor(async () => expect(await one()).toEqual([{ one: 1 }]), { timeout: 20_000 })
  } finally {
    await pool.close()
    await network.close()
  }
})

it('replaces every connection after one was refused a write, and lets the reads of the others finish', async () => {
  const pool = open(database.url, 20_000, 2)
  const pid = sql`select pg_backend_pid() as pid`
  try {
    // Two concurrent queries, so that there are two connections.
    const before = await Promise.all([1, 2].map(() => pool.run((queries) => queries.execute(pid))))
    const reading = pool.run((queries) => queries.execute(sql`select pg_sleep(0.5), 1 as one`))
    const write = sql.raw('begin read only; create table refused ()')
    await expect(pool.run((queries) => queries.execute(write))).rejects.toMatchObject({
      reason: 'read-only',
    })
    expect(await reading).toMatchObject([{ one: 1 }])
    const after = await Promise.all([1, 2].map(() => pool.run((queries) => queries.execute(pid))))
    const pids = [...before, ...after].map(([row]) => row?.pid)
    expect(new Set(pids).size).toBe(4)
  } finally {
    await pool.close()
  }
})

it('opens no connection once it is closed', async () => {
  const network = await startDatabaseProxy(database.url)
  const pool = open(network.url, 20_000)
  const one = () => pool.run((queries) => queries.execute(sql`select 1`), { repeatable: true })
  await one()
  network.setState('black-hole')
  const underWay = expect(one()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  const closed = pool.close()
  network.setState('up')
  await closed
  await underWay
  await expect(one()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await network.close()
})

it('reports no failure of work that it interrupts when it is closed', async () => {
  const failed = vi.fn()
  const pool = createPool({
    link: linkTo(database.url, 20_000),
    size: 1,
    prepare: (queries) => queries,
    startDeadline: () => startDeadline(20_000),
    observer: { failed, succeeded: () => {} },
  })
  const connecting = pool.run((queries) => queries.execute(sql`select 1`))
  const gaveUp = expect(connecting).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await pool.close()
  await gaveUp
  expect(failed).not.toHaveBeenCalled()
})

/** A network that drops all data of the first connection after the first `text` that it carries. */
async function startSilencer(databaseUrl: string, text: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let silenced: Socket | null = null
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => {
        if (from === client && chunk.includes(text)) silenced ??= client
        if (silenced !== client) to.write(chunk)
      })
      from.on('error', () => {}).on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
