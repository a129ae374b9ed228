/**
 * Fills the audit trail with events of twelve months, and explains the queries of its list: each must read
 * a page by an index, whatever the number of events.
 *
 *   npm run build && node test/bench/audit-scale.mjs [rows]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { openDatabase } from '../../dist/db/database.js'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { migrate } from '../../dist/db/migrate.js'
import { describeMachine, inTemporaryFolder } from './measure.mjs'

const rows = Number(process.argv[2] ?? 10_000_000)
const batch = 500_000
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

await inTemporaryFolder(async (folder) => {
  const machine = describeMachine()
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    settings: { fsync: 'off', max_wal_size: '4GB', shared_preload_libraries: 'auto_explain' },
  })
  try {
    await migrate(server.superuserUrl)
    const sql = postgres(server.superuserUrl, { max: 1, onnotice: () => {} })
    await fill(sql)
    await measure(server.superuserUrl)
    await explain(server.superuserUrl, sql, join(folder, 'postgres.log'))
    await sql.end()
    console.log(`\n${new Date().toISOString().slice(0, 10)}. ${machine}.`)
  } finally {
    await server.stop()
  }
})

async function fill(sql) {
  const started = performance.now()
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
  const [{ size }] = await sql`select pg_size_pretty(sum(pg_total_relation_size(inhrelid))) as size
    from pg_inherits where inhparent = 'latchkey.audit_events'::regclass`
  const seconds = (performance.now() - started) / 1000
  console.log(`${rows.toLocaleString('en')} events, ${size}, written in ${seconds.toFixed(0)} s\n`)
}

async function measure(url) {
  const database = openDatabase({ url, defaultUserScopes: null })
  console.log('| list | median, ms | worst of 40 |\n|---|---|---|')
  for (const [name, [filter, request]] of Object.entries(lists)) {
    const times = []
    for (let n = 0; n < 40; n++) {
      const started = performance.now()
      await database.audit.list(filter, request)
      times.push(performance.now() - started)
    }
    times.sort((a, b) => a - b)
    console.log(`| ${name} | ${times[20].toFixed(1)} | ${times[39].toFixed(1)} |`)
  }
  const started = performance.now()
  const count = await database.audit.count({})
  const took = performance.now() - started
  console.log(`| counting all ${count.toLocaleString('en')} | ${took.toFixed(0)} | |`)
  await database.close()
}

/** Prints the plan by which PostgreSQL executed each list. */
async function explain(url, sql, logFile) {
  await sql`alter database postgres set auto_explain.log_min_duration = 0`
  await sql`alter database postgres set auto_explain.log_analyze = on`
  await sql`alter database postgres set auto_explain.log_timing = off`
  const database = openDatabase({ url, defaultUserScopes: null })
  let read = readFileSync(logFile).length
  for (const [name, [filter, request]] of Object.entries(lists)) {
    await database.audit.list(filter, request)
    const log = readFileSync(logFile)
    const lines = log.toString('utf8', read).split('\n')
    read = log.length
    console.log(`\n${name}\n${scansOf(lines).join('\n')}`)
  }
  await database.close()
}

/** Sums up each kind of scan over all partitions: its index, its rows, and the partitions that had rows. */
function scansOf(lines) {
  const scans = new Map()
  for (const line of lines) {
    const scan = /-> {2}(.+?) (?:using|on) (audit_events_\w+).*\(actual rows=([\d.]+)/.exec(line)
    if (scan === null || Number(scan[3]) === 0) continue
    const how = `${scan[1]} by ${scan[2].replace(/_(default|\d{4}_\d{2})/, '')}`
    const seen = scans.get(how) ?? { partitions: 0, rows: 0 }
    scans.set(how, { partitions: seen.partitions + 1, rows: seen.rows + Number(scan[3]) })
  }
  return [...scans].map(([how, { partitions, rows: found }]) => {
    return `  ${how}: ${found} rows of ${partitions} partitions`
  })
}
