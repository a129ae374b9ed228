import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, verifySchema, withMigrations } from '../../src/db/migrate.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { type Pooler, startPooler } from '../support/pooler.ts'
import { hasProgram } from '../support/programs.ts'

describe.skipIf(!hasProgram('pgbouncer'))('migrating behind a transaction pooler', () => {
  let database: TestDatabase
  let pooler: Pooler
  let direct: postgres.Sql

  beforeAll(async () => {
    database = await createEmptyDatabase()
    pooler = await startPooler(database.url, { mode: 'transaction', size: 1 })
    direct = postgres(database.url, { max: 2, onnotice: () => {} })
  })
  afterAll(async () => {
    await direct.end()
    await pooler.stop()
    await database.close()
  })

  test('five at once over one connection migrate it once', async () => {
    const said: string[] = []
    await Promise.all(
      Array.from({ length: 5 }, () =>
        migrate(pooler.urlOf(database.url), {
          log: (message) => said.push(message),
          onWait: () => {},
        }),
      ),
    )
    expect(said.filter((message) => message.startsWith('Applied'))).toHaveLength(1)
    await verifySchema(pooler.urlOf(database.url))
  })

  test('it leaves no lock, no setting and no prepared statement on the connection', async () => {
    await withMigrations(pooler.urlOf(database.url), {}, async ({ apply, grant }) => {
      await apply()
      await grant('latchkey_pooled')
    })
    const pooled = postgres(pooler.urlOf(database.url), {
      max: 1,
      prepare: false,
      fetch_types: false,
    })
    const [left] = await pooled`
      select (select count(*)::int from pg_locks where locktype = 'advisory' and objid = 3) as locks,
        (select count(*)::int from pg_prepared_statements) as statements,
        current_setting('search_path') as path, current_setting('lock_timeout') as timeout`
    await pooled.end()
    expect(left).toEqual({ locks: 0, statements: 0, path: '"$user", public', timeout: '0' })
    await direct`drop owned by latchkey_pooled`
    await direct`drop role latchkey_pooled`
  })

  test('a lock that an earlier version left there is named, and aborting ends the wait', async () => {
    await direct`delete from latchkey.migrations where name is not null`
    const older = await direct.reserve()
    await older`select pg_advisory_lock(1818326115, 3)`
    const stop = new AbortController()
    const reason = new Error('stop')
    let said = ''
    const attempt = migrate(pooler.urlOf(database.url), {
      signal: stop.signal,
      onWait: (message) => {
        said = message
        stop.abort(reason)
      },
    })
    await expect(attempt).rejects.toBe(reason)
    expect(said).toMatch(/Its connection is idle: .* pg_terminate_backend\(\d+\)/)
    older.release()
  })
})
