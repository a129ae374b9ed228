/**
 * Fills the audit trail with so many events, over twelve months, and explains the queries of its list:
 * each must read a page by an index, however many events there are.
 *
 *   npm run build && node test/bench/audit-scale.mjs [rows]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { openDatabase } from '../../dist/db/database.js'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { migrate } from '../../dist/db/migrate.js'

const rows = Number(process.argv[2] ?? 10_000_000)
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-audit-'))
const server = await startEmbeddedPostgres({
  dataDir,
  settings: { fsync: 'off', max_wal_size: '4GB' },
})
await migrate(server.url)
const sql = postgres(server.url, { max: 1, onnotice: () => {} })
const batch = 500_000
for (let from = 0; from < rows; from += batch) {
  await sql`insert into latchkey.audit_events
      (at, type, actor_subject, actor_credential_kind, target_type, target_id, details, request_id)
    select now() + (n::float8 / ${rows} * interval '365 days'),
      (array['api_key.created', 'api_key.revoked', 'user.updated', 'credential.refused'])[1 + n % 4],
      'subject-' || n % 100000, 'JWT', 'api_key', lpad((n % 1000003)::text, 16, '0'),
      jsonb_build_object('name', jsonb_build_object('from', 'a', 'to', 'b')), gen_random_uuid()::text
    from generate_series(${from}::int, ${Math.min(from + batch, rows) - 1}::int) as n`
}
await sql`vacuum (analyze) latchkey.audit_events`
const [size] = await sql`select pg_size_pretty(sum(pg_total_relation_size(inhrelid))) as size
  from pg_inherits where inhparent = 'latchkey.audit_events'::regclass`
console.log(`${rows} events, ${size.size}`)

const database = openDatabase({ url: server.url, defaultUserScopes: null })
const page = { limit: 50, after: null, before: null, fromEnd: false }
const middle = new Date(Date.now() + 180 * 86_400_000)
const lists = {
  'the newest page': [{}, page],
  'a page in the middle': [{}, { ...page, after: { at: middle, id: '1' } }],
  'the last page': [{}, { ...page, fromEnd: true }],
  'of one type': [{ types: ['user.updated'] }, page],
  'of two types': [{ types: ['user.updated', 'api_key.created'] }, page],
  'of one actor': [{ actorSubject: 'subject-4242' }, page],
  'of one target': [{ targetId: '0000000000004242' }, page],
  'of a type that never was': [{ types: ['nothing'] }, page],
  'since last month, of one actor': [{ actorSubject: 'subject-77', since: middle }, page],
}
for (const [name, [filter, request]] of Object.entries(lists)) {
  const times = []
  for (let n = 0; n < 20; n++) {
    const started = performance.now()
    await database.audit.list(filter, request)
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  console.log(
    `${name.padEnd(34)} median ${times[10].toFixed(1)} ms, worst ${times[19].toFixed(1)} ms`,
  )
}
const started = performance.now()
const count = await database.audit.count({})
console.log(`counting all ${count}: ${(performance.now() - started).toFixed(0)} ms`)
const plan = await sql`explain (analyze, costs off, timing off, summary off)
  select * from latchkey.audit_events where (at, id) < (${middle}, 1) order by at desc, id desc limit 51`
console.log(plan.map((row) => row['QUERY PLAN']).join('\n'))
await database.close()
await sql.end()
await server.stop()
rmSync(dataDir, { recursive: true, force: true })
