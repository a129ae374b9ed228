import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withMigrations } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { freePort } from '../support/programs.ts'
import { bin, startServerProcess, temporaryFolder } from '../support/server-process.ts'

let database: TestDatabase
let sql: postgres.Sql

beforeEach(async () => {
  database = await createTestDatabase()
  sql = postgres(database.url, { max: 2, onnotice: () => {} })
})
afterEach(async () => {
  await sql.end()
  await database.close()
})

describe('a process that waits for another one to migrate', () => {
  let holder: postgres.ReservedSql

  beforeEach(async () => {
    await sql`delete from latchkey.migrations where name = '0006_roles'`
    await sql`delete from latchkey.migrations where created_at > 1795530000000`
    holder = await sql.reserve()
    await holder`select pg_advisory_lock(1818326115, 3)`
  })
  // The lock is held until the process has ended, so the end of the wait does not end it.
  afterEach(() => holder.release())

  async function untilItWaits(child: ChildProcess): Promise<() => string> {
    let errors = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        errors += chunk
        if (errors.includes('Waiting for another process that migrates')) resolve()
      })
      child.once('exit', () => reject(new Error(`It ended: ${errors}`)))
    })
    return () => errors
  }

  const start = (words: readonly string[], environment: Record<string, string> = {}) =>
    spawn(process.execPath, [bin, ...words], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATA_DIR: temporaryFolder(),
        DATABASE_URL: database.url,
        ...environment,
      },
    })

  it.each([[['serve']], [['serve', '--workers', '2']]])(
    '%j says so, and ends with 0 when it is asked to stop',
    async (words) => {
      const server = start(words)
      await untilItWaits(server)
      server.kill('SIGTERM')
      expect(await once(server, 'exit')).toEqual([0, null])
    },
  )

  it('serve does not listen yet', async () => {
    const port = await freePort()
    const server = start(['serve'], { PORT: String(port) })
    await untilItWaits(server)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
    server.kill('SIGTERM')
    expect(await once(server, 'exit')).toEqual([0, null])
  })

  it('migrate prints that it waits, and ends with 1 when it is asked to stop', async () => {
    const command = start(['migrate'])
    const errors = await untilItWaits(command)
    command.kill('SIGTERM')
    const ended = await once(command, 'close')
    expect(ended).toEqual([1, null])
    expect(errors()).toContain('latchkey: The command was stopped before it had finished.')
  })
})

describe('a process whose database does not answer', () => {
  it('ends when it is asked to stop, before its workers have to be killed', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const server = spawn(process.execPath, [bin, 'serve', '--workers', '2'], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATABASE_URL: `postgres://user:password@127.0.0.1:${port}/silent`,
      },
    })
    let errors = ''
    server.stderr.on('data', (chunk: Buffer) => {
      errors += chunk
    })
    await once(silent, 'connection')
    server.kill('SIGTERM')
    expect(await once(server, 'close')).toEqual([0, null])
    expect(errors).toBe('')
    silent.close()
  })
})

describe('with MIGRATE=off and the rights that --grant gives', () => {
  const role = `latchkey_off_${process.pid}`

  it('a server starts and does not change the schema', async () => {
    await withMigrations(database.url, {}, ({ grant }) => grant(role))
    await sql.unsafe(`alter role ${role} password 'secret'`)
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href
    const catalogue = async () =>
      (
        await sql`select string_agg(relname, ' ' order by relname) as names from pg_class
        where relnamespace = 'latchkey'::regnamespace`
      )[0]?.names
    const before = await catalogue()
    const server = await startServerProcess(temporaryFolder(), {
      DATABASE_URL: url,
      MIGRATE: 'off',
    })
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${server.banner['API key']}`,
      },
      body: JSON.stringify({
        query:
          'mutation { createApiKey(input: { name: "x", scopes: ["read:users"] }) { apiKey { id } } }',
      }),
    })
    expect((await answer.json()).errors).toBeUndefined()
    expect(await (await fetch(new URL('/readyz', server.url))).json()).toMatchObject({
      status: 'ready',
    })
    expect(await sql`select from latchkey.nodes`).toHaveLength(1)
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(server.errors()).not.toMatch(/"level":[45]0|WARN|ERROR|permission/)
    expect(await sql`select from latchkey.nodes`).toHaveLength(0)
    expect(await catalogue()).toBe(before)
    await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  })

  it('a server does not start on an outdated schema', async () => {
    await sql`delete from latchkey.migrations where name = '0003_change_notifications'`
    const start = startServerProcess(temporaryFolder(), {
      DATABASE_URL: database.url,
      MIGRATE: 'off',
    })
    await expect(start).rejects.toThrow(
      /It ended with 78: [\s\S]*lacks migration 0003_change_notifications\.sql[\s\S]*`latchkey migrate/,
    )
  })
})
