/** Writes uses of keys as the server does, and measures the time and the growth of the table. */
import postgres from 'postgres'
import { createUseRecorder } from '../../../dist/credentials/use-recorder.js'
import { openDatabase } from '../../../dist/db/database.js'
import { fill, keyAt, keysPerUser } from '../fill.mjs'
import { shuffled } from '../measure.mjs'
import { answer, input } from './setting.mjs'

const { superuserUrl, keys, used, uses, burst } = input
const name = `uses_${process.pid}`
const server = postgres(superuserUrl, { max: 1, onnotice: () => {} })
await server.unsafe(`create database ${name}`)
const url = new URL(superuserUrl)
url.pathname = `/${name}`

try {
  await fill(url.href, keys)
  const ids = Array.from({ length: keys }, (_, n) => keyAt(n, keys / keysPerUser).id)
  const often = shuffled(ids).slice(0, used)
  const many = await write([shuffled(ids).slice(0, burst)])
  await pack(input.full === true)
  const before = await state()
  const rounds = uses / used
  const steady = await write(Array.from({ length: rounds }, () => shuffled(often)))
  const after = await state()
  const share = (table) => {
    const [was, is] = [before[table], after[table]]
    return (is.hot - was.hot) / Math.max(is.updates - was.updates, 1)
  }
  answer({
    errors: [many, steady].flatMap(({ errors }) => errors),
    burstMilliseconds: many.milliseconds,
    burstStatements: many.statements,
    flushMilliseconds: steady.milliseconds / rounds,
    hot: share('api_keys'),
    hotScopes: share('api_key_scope_uses'),
    growth: after.api_keys.size / before.api_keys.size,
    updates: after.api_keys.updates - before.api_keys.updates,
  })
} finally {
  await server.unsafe(`drop database ${name} with (force)`)
  await server.end()
}

/**
 * Rewrites both tables without dead rows.
 *
 * @param full fills the pages completely, without the fill factor
 */
async function pack(full) {
  const tables = ['latchkey.api_keys', 'latchkey.api_key_scope_uses']
  const options = await sql(
    (db) => db`
      select oid::regclass::text as name, array_to_string(reloptions, ', ') as options
      from pg_class where oid = any (${tables}::regclass[])`,
  )
  for (const { name, options: kept } of options) {
    if (full) await sql((db) => db.unsafe(`alter table ${name} set (fillfactor = 100)`))
    await sql((db) => db.unsafe(`vacuum (full, analyze) ${name}`))
    if (full && kept) await sql((db) => db.unsafe(`alter table ${name} set (${kept})`))
  }
}

/** Records the uses of each list, and writes them in one flush. */
async function write(lists) {
  const database = openDatabase({ url: url.href, defaultUserScopes: null })
  const errors = []
  let statements = 0
  const recorder = createUseRecorder({
    write: (batch) => {
      statements++
      return database.directory.markUsed(batch)
    },
    intervalMs: 3_600_000,
    onError: (error) => errors.push(String(error.cause ?? error)),
  })
  const started = performance.now()
  for (const list of lists) {
    const at = Date.now()
    for (const keyId of list) {
      recorder.record({ keyId, at, previousSecret: false })
      recorder.recordScopes(keyId, ['read:users'], at)
    }
    await recorder.flush()
  }
  const milliseconds = performance.now() - started
  await recorder.close()
  await database.close()
  return { milliseconds, statements, errors }
}

/** Reads the statistics of the tables, which sessions have reported when they ended. */
async function state() {
  const rows = await sql(
    (db) => db`
      select relname, n_tup_upd::float as updates, n_tup_hot_upd::float as hot,
        pg_total_relation_size(relid)::float as size
      from pg_stat_user_tables where relname like 'api_key%'`,
  )
  return Object.fromEntries(rows.map(({ relname, ...rest }) => [relname, rest]))
}

async function sql(work) {
  const db = postgres(url.href, { max: 1, onnotice: () => {} })
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}
