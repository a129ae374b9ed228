import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyUses } from '../../src/credentials/directory.ts'
import { createUseRecorder } from '../../src/credentials/use-recorder.ts'
import { openDatabase } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let at: TestDatabase
let sql: postgres.Sql

const keyId = (n: number) => String(n).padStart(16, 'k')
const owner = '00000000-0000-4000-8000-000000000001'
const count = 100_000
const open = () => openDatabase({ url: at.url, defaultUserScopes: null })
const use = (n: number, time: Date, scopes: readonly string[] = []): KeyUses => ({
  keyId: keyId(n),
  lastUsedAt: time,
  previousLastUsedAt: null,
  scopes: scopes.map((scope) => ({ scope, lastUsedAt: time })),
})
const seconds = (n: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + n * 1000)
const lastUsed = async (...numbers: number[]) => {
  const rows = await sql`
    select id, last_used_at from latchkey.api_keys where id = any (${numbers.map(keyId)}) order by id`
  return rows.map((row) => row.last_used_at)
}

beforeAll(async () => {
  at = await createTestDatabase()
  sql = postgres(at.url, { max: 4, onnotice: () => {} })
  await sql`
    insert into latchkey.users (id, issuer, subject) values (${owner}, 'https://issuer.example', 'ada')`
  await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`
    await transaction`
      insert into latchkey.api_keys (id, owner_id, name, scopes, lineage_scopes, secret_hash)
      select lpad(n::text, 16, 'k'), ${owner}, 'Key ' || n, '{read:keys}', '{read:keys}',
        sha256(n::text::bytea)
      from generate_series(1, ${count}::int) as n`
  })
  await sql`vacuum (analyze) latchkey.api_keys`
}, 120_000)
afterAll(async () => {
  await sql.end()
  await at.close()
})

describe('the uses of keys, written to the database', () => {
  it('are all written, for as many keys as a node collects', async () => {
    const database = open()
    const errors: unknown[] = []
    const recorder = createUseRecorder({
      write: async (chunk) => (await database.directory.markUsed(chunk)) ?? [],
      intervalMs: 3_600_000,
      onError: (error) => errors.push(error),
    })
    for (let n = 1; n <= count; n++) {
      recorder.record({ keyId: keyId(n), at: seconds(0).getTime(), previousSecret: false })
    }
    await recorder.flush()
    // On a busy machine a statement may exceed its time limit. Its uses are written by the next flush.
    for (let n = 0; n < 3 && errors.splice(0).length > 0; n++) await recorder.flush()
    await recorder.close()
    await database.close()
    const [row] = await sql`
      select count(*)::int as count from latchkey.api_keys where last_used_at = ${seconds(0)}`
    expect([row?.count, errors]).toEqual([count, []])
  }, 120_000)

  it('never go back, and skip deleted keys', async () => {
    const { directory, close } = open()
    const passedOver = [
      await directory.markUsed([use(1, seconds(9), ['x']), use(count + 1, seconds(9), ['x'])]),
      await directory.markUsed([use(1, seconds(5), ['x', 'y'])]),
    ]
    await close()
    expect(passedOver).toEqual([[], []])
    expect(await lastUsed(1, count + 1)).toEqual([seconds(9)])
    const scopes = await sql`
      select scope, last_used_at as at from latchkey.api_key_scope_uses order by scope`
    expect(scopes.map(({ scope, at }) => [scope, at])).toEqual([
      ['x', seconds(9)],
      ['y', seconds(5)],
    ])
  })

  it('do not wait for a locked row: its key is skipped, and only that one', async () => {
    const { directory, close } = open()
    let passedOver: unknown
    await sql.begin(async (transaction) => {
      await transaction`update latchkey.api_keys set name = 'held' where id = ${keyId(11)}`
      passedOver = await directory.markUsed([10, 11, 12].map((n) => use(n, seconds(20), ['z'])))
    })
    expect(passedOver).toEqual([keyId(11)])
    expect(await lastUsed(10, 11, 12)).toEqual([seconds(20), seconds(0), seconds(20)])
    expect(await directory.markUsed([use(11, seconds(20), ['z'])])).toEqual([])
    await close()
    expect(await lastUsed(11)).toEqual([seconds(20)])
  })

  it('of the same keys are written by several nodes at once, and the latest remains', async () => {
    const nodes = [1, 3, 7, 9].map((stride) => ({ stride, database: open() }))
    const numbers = Array.from({ length: 500 }, (_, n) => n + 1_000)
    const write = async ({ stride, database }: (typeof nodes)[number]) => {
      // Each node uses another order.
      let left = numbers.map((_, n) =>
        use(((n * stride) % 500) + 1_000, seconds(100 + stride), ['x']),
      )
      while (left.length > 0) {
        const passedOver = new Set((await database.directory.markUsed(left)) ?? [])
        left = left.filter(({ keyId }) => passedOver.has(keyId))
      }
    }
    await Promise.all(nodes.map(write))
    await Promise.all(nodes.map(({ database }) => database.close()))
    const times = await lastUsed(...numbers)
    expect(new Set(times.map(Number))).toEqual(new Set([seconds(109).getTime()]))
  })

  it('are in columns without an index', async () => {
    const rows = await sql`
      select indexrelid::regclass::text as index, pg_get_indexdef(indexrelid) as definition
      from pg_index
      where indrelid in ('latchkey.api_keys'::regclass, 'latchkey.api_key_scope_uses'::regclass)`
    expect(rows.length).toBeGreaterThan(2)
    expect(rows.filter(({ definition }) => /last_used_at/.test(definition))).toEqual([])
  })

  it('replace rows within their page, and leave the table as large as it was', async () => {
    const size = async () => {
      const [row] = await sql`select pg_relation_size('latchkey.api_keys')::int as bytes`
      return Number(row?.bytes)
    }
    const updates = async () => {
      // A session reports its statistics when it ends, and this one has also reported those of others
      // by then.
      const [row] = await sql`
        select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_all_tables
        where relid = 'latchkey.api_keys'::regclass`
      return { all: Number(row?.all), hot: Number(row?.hot) }
    }
    // An ANALYZE that starts meanwhile would hold a snapshot, for which dead rows have to be kept.
    await sql`alter table latchkey.api_keys set (autovacuum_enabled = off)`
    await sql`vacuum full latchkey.api_keys`
    const [bytes, before] = [await size(), await updates()]
    const database = open()
    const rounds = 20
    for (let round = 0; round < rounds; round++) {
      for (let part = 0; part < 4; part++) {
        const chunk = Array.from({ length: 500 }, (_, n) =>
          use(1 + n * 200 + part, seconds(1_000 + round)),
        )
        await database.directory.markUsed(chunk)
      }
    }
    await database.close()
    const written = rounds * 4 * 500
    for (;;) {
      const { all, hot } = await updates()
      if (all - before.all < written) continue
      expect((hot - before.hot) / (all - before.all)).toBeGreaterThan(0.9)
      break
    }
    expect((await size()) / bytes).toBeLessThan(1.1)
  })
})
