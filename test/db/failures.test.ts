import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { startDeadline } from '../../src/db/deadline.ts'
import { createPool } from '../../src/db/pool.ts'
import { Semaphore } from '../../src/db/semaphore.ts'
import { users } from '../../src/db/tables.ts'
import { createAccess } from '../../src/db/transactions.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { id } from './store-fixture.ts'

/** A connection path to the database that can fail in the ways that networks and servers fail. */
interface Line {
  readonly url: string
  /**
   * `open`; `refused`: as if the server were down; `swallowed`: all data is dropped, and no connection
   * fails; `pooled`: like a pooler that knows no settings.
   */
  state: 'open' | 'refused' | 'swallowed' | 'pooled'
  /** The number of sessions that were refused so far because of their settings. */
  readonly refusals: () => number
  close(): Promise<void>
}

async function lineTo(databaseUrl: string): Promise<Line> {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let state: Line['state'] = 'open'
  let refusals = 0
  const server = createServer((client) => {
    if (state === 'refused') return client.resetAndDestroy()
    if (state === 'pooled') {
      client.once('data', (startup: Buffer) => {
        if (!startup.includes('statement_timeout')) return
        refusals++
        refuseSettings(client)
      })
    }
    const upstream = createConnection(Number(port || 5432), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => state !== 'swallowed' && to.writable && to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: ours } = server.address() as AddressInfo
  const url = Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(ours) })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    refusals: () => refusals,
    get state() {
      return state
    },
    set state(next) {
      state = next
      if (next === 'refused') cut()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}

/** The error of PgBouncer if `ignore_startup_parameters` does not name the parameter. */
function refuseSettings(client: Socket): void {
  const fields = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0'
  const head = Buffer.from('E\0\0\0\0')
  head.writeUInt32BE(fields.length + 4, 1)
  client.end(Buffer.concat([head, Buffer.from(fields)]))
}

let testDatabase: TestDatabase
let line: Line
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  line = await lineTo(testDatabase.url)
  database = openDatabase({ url: line.url, defaultUserScopes: null })
})

afterAll(async () => {
  await database.close()
  await line.close()
  await testDatabase.close()
})

const issuer = 'https://issuer.example'
const anyUser = { status: null, search: null }

/** One query of each kind: lookup, first request of a user, list, change. */
const questions = {
  key: () => database.directory.findKeyForVerification(id()),
  user: () => database.directory.admitUser({ issuer, subject: id(), grant: null }),
  count: () => database.users.count(anyUser),
  change: () =>
    database.users.insert(
      { issuer, subject: id(), email: null, name: null, scopes: null },
      operator,
    ),
}

/**
 * One second, and a margin for a machine under load. PostgreSQL alone would stop a statement after 5 s.
 */
const timeLimitMs = 4_000

async function timed<T>(work: () => Promise<T>) {
  const began = performance.now()
  const outcome = await work().then(
    (value) => value,
    (error: unknown) => error,
  )
  return { outcome, milliseconds: performance.now() - began }
}

async function recovers() {
  const began = performance.now()
  for (const question of Object.values(questions)) {
    for (;;) {
      const { outcome } = await timed<unknown>(question)
      if (!(outcome instanceof Error)) break
      expect(outcome).toBeInstanceOf(ServiceUnavailableError)
      expect(performance.now() - began).toBeLessThan(timeLimitMs)
    }
  }
}

describe('a database that is down', () => {
  test('is reported as unavailable at once, and used again soon after it returns', async () => {
    await recovers()
    line.state = 'refused'
    for (let round = 0; round < 3; round++) {
      for (const [name, question] of Object.entries(questions)) {
        const { outcome, milliseconds } = await timed<unknown>(question)
        expect(outcome, name).toBeInstanceOf(ServiceUnavailableError)
        expect(milliseconds, name).toBeLessThan(timeLimitMs)
      }
    }
    line.state = 'open'
    await recovers()
  })

  test('fails the running queries as unavailable', async () => {
    const admin = postgres(testDatabase.url, { max: 1, onnotice: () => {} })
    await admin.unsafe('begin; lock table latchkey.users')
    const pending = Promise.all(
      Object.values(questions).map((question) => timed<unknown>(question)),
    )
    for (let waiting = 0; waiting < 2; ) {
      const [row] = await admin`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      waiting = row?.count
    }
    line.state = 'refused'
    for (const { outcome } of await pending) {
      expect(outcome).toBeInstanceOf(ServiceUnavailableError)
    }
    await admin.unsafe('rollback')
    await admin.end()
    line.state = 'open'
    await recovers()
  })

  test('is treated like one whose sessions an operator ended', async () => {
    await recovers()
    const admin = postgres(testDatabase.url, { max: 1 })
    await admin`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    await admin.end()
    await recovers()
  })
})

describe('a database whose packets the network drops', () => {
  test('is soon reported as unavailable, and used again soon after it returns', async () => {
    await recovers()
    line.state = 'swallowed'
    const asked = Object.entries(questions).flatMap((entry) => Array(20).fill(entry))
    const answers = await Promise.all(
      asked.map(async ([name, question]) => ({ name, ...(await timed<unknown>(question)) })),
    )
    for (const { name, outcome, milliseconds } of answers) {
      expect(outcome, name).toBeInstanceOf(ServiceUnavailableError)
      expect(milliseconds, name).toBeLessThan(timeLimitMs)
    }
    line.state = 'open'
    await recovers()
  })
})

test('a pooler that refuses settings gets connections without them from then on', async () => {
  line.state = 'pooled'
  const before = line.refusals()
  const pooled = openDatabase({ url: line.url, defaultUserScopes: null })
  // A new connection may take a busy machine longer than a query may wait.
  const count = () => vi.waitFor(() => pooled.users.count(anyUser), { timeout: 20_000 })
  expect(await count()).toBeGreaterThan(0)
  const counts = Array.from({ length: 5 }, count)
  expect(await Promise.all(counts)).toEqual(Array(5).fill(expect.any(Number)))
  expect(
    await vi.waitFor(() => pooled.directory.findKeyForVerification(id()), { timeout: 20_000 }),
  ).toBeNull()
  // Once for the connections of lookups, and once for the others.
  expect(line.refusals() - before).toBe(2)
  await pooled.close()
  line.state = 'open'
})

test('a transaction whose connection was lost does not continue on another connection', async () => {
  const pool = createPool({
    link: {
      url: testDatabase.url,
      applicationName: 'lost',
      connectTimeout: 5000,
      statementTimeout: null,
    },
    size: 1,
    prepare: (queries) => queries,
    startDeadline: () => startDeadline(20_000),
  })
  const access = createAccess({ pool, replica: null, semaphore: new Semaphore(1, 1000) })
  const admin = postgres(testDatabase.url, { max: 1 })
  const subject = id()
  const change = access.change(async (transaction) => {
    await transaction.execute(sql`select 1`)
    await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where application_name = 'lost'`
    await new Promise((resolve) => setTimeout(resolve, 100))
    await transaction.insert(users).values({ issuer, subject })
  })
  await expect(change).rejects.toThrow(ServiceUnavailableError)
  expect(await admin`select from latchkey.users where subject = ${subject}`).toHaveLength(0)
  expect(await access.change((transaction) => transaction.select().from(users))).not.toHaveLength(0)
  await admin.end()
  await pool.close()
})

test('slow changes do not delay lookups, and further ones are refused while none ends', async () => {
  await recovers()
  const admin = postgres(testDatabase.url, { max: 1, onnotice: () => {} })
  const [user] = await admin`select id from latchkey.users limit 1`
  await admin.unsafe(`begin; update latchkey.users set name = 'held' where id = '${user?.id}'`)
  const rename = () => database.users.update(user?.id, { name: id() }, operator)
  // On a machine under load some changes time out before the lock is released.
  const held = Promise.allSettled(Array.from({ length: 10 }, rename))
  const lookUp = await timed<unknown>(questions.key)
  expect(lookUp.outcome).toBeNull()
  const late = await timed<unknown>(rename)
  expect(late.outcome).toBeInstanceOf(ServiceUnavailableError)
  await admin.unsafe('rollback')
  await admin.end()
  for (const { status, ...end } of await held) {
    if (status === 'rejected') {
      expect(end).toEqual({ reason: expect.any(ServiceUnavailableError) })
    }
  }
})

test('a caller that finds all connections busy waits while some become free, and no longer', async () => {
  const semaphore = new Semaphore(1, 300)
  let leave = () => {}
  const inside = semaphore.run(() => new Promise<void>((resolve) => (leave = resolve)))
  const next = semaphore.run(() => new Promise<void>(() => {}))
  const late = timed<unknown>(() => semaphore.run(async () => 'in'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  leave()
  await inside
  const { outcome, milliseconds } = await late
  expect(outcome).toBeInstanceOf(ServiceUnavailableError)
  expect(milliseconds).toBeGreaterThanOrEqual(490)
  void next
})

test('a bug is not an outage, and its message has no parameters', async () => {
  const broken = openDatabase({ url: testDatabase.url, defaultUserScopes: null })
  const owner = await broken.users.insert(
    { issuer: 'https://id.example', subject: 'bug', email: null, name: null, scopes: null },
    operator,
  )
  const failure = await broken.keys
    .insert(
      {
        id: 'x'.repeat(16),
        ownerId: owner === 'duplicate' ? '' : owner.id,
        parentId: null,
        // PostgreSQL stores no NUL. The rules of keys refuse it before.
        name: 'canary\0',
        description: null,
        scopes: [],
        metadata: {},
        secretHash: Buffer.alloc(32),
        secretPepper: '',
        createdAt: new Date(),
        expiresAt: null,
      },
      1,
      operator,
    )
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(postgres.PostgresError)
  expect(failure).not.toBeInstanceOf(ServiceUnavailableError)
  expect((failure as Error).message).not.toContain('canary')
  await broken.close()
})
