import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as drizzleMigrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate, verifySchema, withMigrations } from '../../src/db/migrate.ts'
import { applyPending } from '../../src/db/migrations/apply.ts'
import { SchemaError } from '../../src/db/migrations/errors.ts'
import { type Migration, readMigrations } from '../../src/db/migrations/files.ts'
import { openSession } from '../../src/db/migrations/session.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'

const folder = new URL('../../drizzle/', import.meta.url)
const shipped = readMigrations(folder)
const sessionLock = [0x6c61_7463, 3] as const

let database: TestDatabase
let sql: postgres.Sql

async function use(opened: Promise<TestDatabase>): Promise<void> {
  database = await opened
  sql = postgres(database.url, { max: 2, onnotice: () => {} })
}

afterEach(async () => {
  await sql.end()
  await database.close()
})

const recorded = async () =>
  (await sql`select name from latchkey.migrations order by id`).map(({ name }) => name)

describe('an empty database', () => {
  beforeEach(() => use(createEmptyDatabase()))

  test('that ten processes migrate at once is migrated once', async () => {
    const built = fileURLToPath(new URL('../../dist/db/migrate.js', import.meta.url))
    const script = `
      const { migrate } = await import(${JSON.stringify(built)})
      await migrate(${JSON.stringify(database.url)}, { log: console.log, onWait: () => {} })`
    const run = () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: '/' })
    const said = await Promise.all(Array.from({ length: 10 }, run))
    expect(said.map(({ stdout }) => stdout).join('')).toBe(
      `Applied ${shipped.length} database migrations.\n`,
    )
    expect(await recorded()).toEqual(shipped.map(({ name }) => name))
  })

  test('has all objects of Latchkey in the schema latchkey', async () => {
    await migrate(database.url)
    const schemas = await sql`
      select distinct nspname as name
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname not like 'pg\\_%' and nspname <> 'information_schema'`
    expect(schemas).toEqual([{ name: 'latchkey' }])
  })

  test('is left empty by a migration that fails, or by a process that ends in the middle', async () => {
    const broken: Migration = {
      name: '9999_broken',
      hash: 'broken',
      createdAt: 9,
      text: 'create table latchkey.half (); --> statement-breakpoint\nselect 1 / 0;',
      compatibleFrom: null,
    }
    const session = openSession({ url: database.url, applicationName: 'test' })
    const attempt = session.transaction(() => applyPending(session, [...shipped, broken]))
    await expect(attempt).rejects.toThrow(
      'failed in 9999_broken.sql and was rolled back: division by zero',
    )
    await session.close()

    const killed = openSession({ url: database.url, applicationName: 'test-killed' })
    await killed.query('begin')
    await applyPending(killed, shipped)
    await killed.close()
    expect(await sql`select from pg_namespace where nspname = 'latchkey'`).toHaveLength(0)
  })

  test('is not half migrated when the connection is lost and could be reopened', async () => {
    const session = openSession({ url: database.url, applicationName: 'test' })
    const attempt = session.transaction(async () => {
      const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
      await sql`select pg_terminate_backend(${row?.pid ?? 0}, 5000)`
      await session.query('select 1').catch(() => {})
      await session.query('create table outside ()')
    })
    await expect(attempt).rejects.toThrow()
    await session.close()
    expect(await sql`select from pg_class where relname = 'outside'`).toHaveLength(0)
  })
})

describe('a database that Drizzle migrated', () => {
  beforeEach(() => use(createEmptyDatabase()))

  test('is up to date, and the other way round', async () => {
    await drizzleMigrate(drizzle(sql), {
      migrationsFolder: fileURLToPath(folder),
      migrationsSchema: 'latchkey',
      migrationsTable: 'migrations',
    })
    await withMigrations(database.url, {}, async ({ apply, readState }) => {
      expect((await readState()).pending).toEqual([])
      expect(await apply()).toEqual([])
    })
    await drizzleMigrate(drizzle(sql), {
      migrationsFolder: fileURLToPath(folder),
      migrationsSchema: 'latchkey',
      migrationsTable: 'migrations',
    })
    expect(await recorded()).toHaveLength(shipped.length)
  })

  test('up to an earlier version gets the missing migrations, and the names of the applied ones', async () => {
    const session = openSession({ url: database.url, applicationName: 'test' })
    await session.query(`
      create schema latchkey;
      create table latchkey.migrations (id serial primary key, hash text not null, created_at bigint)`)
    for (const { text, hash, createdAt } of shipped.slice(0, 6)) {
      await session.query(text)
      await session.query('insert into latchkey.migrations (hash, created_at) values ($1, $2)', [
        hash,
        createdAt,
      ])
    }
    await session.close()
    await expect(verifySchema(database.url)).rejects.toThrow('0006_roles.sql')
    const said: string[] = []
    await migrate(database.url, { log: (message) => said.push(message) })
    const count = shipped.length - 6
    expect(said).toEqual([`Applied ${count} database migration${count === 1 ? '' : 's'}.`])
    expect(await recorded()).toEqual(shipped.map(({ name }) => name))
  })
})

describe('a migrated database', () => {
  beforeEach(() => use(createTestDatabase()))

  test('is left unchanged, without a message', async () => {
    const said: string[] = []
    await migrate(database.url, { log: (message) => said.push(message) })
    await verifySchema(database.url)
    expect(said).toEqual([])
  })

  test('that lacks a migration in the middle is refused by name', async () => {
    const [, , third] = shipped
    await sql`delete from latchkey.migrations where hash = ${third?.hash ?? ''}`
    for (const start of [migrate, verifySchema]) {
      const attempt = start(database.url)
      await expect(attempt).rejects.toThrow(SchemaError)
      await expect(attempt).rejects.toThrow(`lacks migration ${third?.name}.sql`)
    }
  })

  test('of a newer version is refused unless it is declared compatible', async () => {
    await sql`insert into latchkey.migrations (hash, created_at, name)
      values ('of the future', 9e15, '0042_future')`
    for (const start of [migrate, verifySchema]) {
      await expect(start(database.url)).rejects.toThrow(
        'newer version of Latchkey applied migration 0042_future',
      )
    }
    await sql`update latchkey.migrations set compatible_from = ${shipped.at(-1)?.hash ?? ''}
      where hash = 'of the future'`
    await migrate(database.url)
    await verifySchema(database.url)
  })

  test('gets the missing migrations only after an earlier version, which holds its lock for a session, has ended', async () => {
    await sql`delete from latchkey.migrations where hash = ${shipped.at(-1)?.hash ?? ''}`
    const older = await sql.reserve()
    const [{ pid } = { pid: 0 }] = await older`select pg_backend_pid() as pid`
    await older`select pg_advisory_lock(${sessionLock[0]}, ${sessionLock[1]})`
    const waiting = await new Promise<string>((resolve, reject) => {
      const migrated = migrate(database.url, {
        onWait: async (message) => {
          await older`insert into latchkey.migrations (hash, created_at)
            values (${shipped.at(-1)?.hash ?? ''}, 0)`
          await older`select pg_advisory_unlock(${sessionLock[0]}, ${sessionLock[1]})`
          await migrated.then(() => resolve(message), reject)
        },
        log: (message) => reject(new Error(message)),
      })
      migrated.catch(reject)
    })
    older.release()
    expect(waiting).toMatch(
      new RegExp(
        `^Waiting for another process that migrates this database: server process with pid ${pid} .*since \\d{4}-`,
      ),
    )
  })

  test('is no longer waited for once the caller aborts', async () => {
    await sql`delete from latchkey.migrations where hash = ${shipped.at(-1)?.hash ?? ''}`
    const older = await sql.reserve()
    await older`select pg_advisory_lock(${sessionLock[0]}, ${sessionLock[1]})`
    const stop = new AbortController()
    const reason = new Error('stop')
    const attempt = migrate(database.url, {
      signal: stop.signal,
      onWait: () => stop.abort(reason),
    })
    await expect(attempt).rejects.toBe(reason)
    older.release()
  })

  test('is asked to cancel a statement when the caller aborts', async () => {
    const stop = new AbortController()
    const reason = new Error('stop')
    const session = openSession({
      url: database.url,
      applicationName: 'test-cancel',
      signal: stop.signal,
    })
    const attempt = session.transaction(() => session.query('select pg_sleep(600)'))
    const running = async () =>
      await sql`select from pg_stat_activity
        where application_name = 'test-cancel' and query like '%pg_sleep%' and state = 'active'`
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(1)
    stop.abort(reason)
    await expect(attempt).rejects.toBe(reason)
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(0)
    await session.close()
  })

  test('runs queries while a migration waits for a table', async () => {
    const blocked: Migration = {
      name: '9999_blocked',
      hash: 'blocked',
      createdAt: 9,
      text: 'alter table latchkey.users add column extra text;',
      compatibleFrom: null,
    }
    const reader = await sql.reserve()
    await reader`begin`
    await reader`select from latchkey.users`
    const session = openSession({ url: database.url, applicationName: 'test' })
    const attempt = session.transaction(() => applyPending(session, [...shipped, blocked]))
    await expect(attempt).rejects.toMatchObject({ code: '55P03' })
    await session.close()
    await reader`rollback`
    reader.release()
  })
})
