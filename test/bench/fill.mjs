/**
 * Fills an empty database with any number of users and API keys, by COPY. Every key works and is known: the
 * n-th key is computed from n.
 *
 *   npm run build && node test/bench/fill.mjs postgres://… [keys]
 *
 * Each user has ten keys: one was revoked, one has expired, one is in the grace period of a rotation, one
 * will expire, and one was created by another. Triggers, foreign keys and indexes would work row by row, so
 * triggers are off while rows are copied. This program writes the columns that triggers maintain, and
 * compares a sample with the triggers' results at the end. Indexes and foreign keys are dropped first and
 * created again from their definitions, which checks the rows. All of it is one transaction.
 */
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import postgres from 'postgres'
import { migrate } from '../../dist/db/migrate.js'

export const issuer = 'https://scale.example'
export const keysPerUser = 10
const day = 86_400_000
const rowsPerChunk = 2_000
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const firstNames = ['Ada', 'Bo', 'Chen', 'Dana', 'Emil', 'Fatima', 'Grace', 'Hugo', 'Ines', 'Jun']
const lastNames = ['Abe', 'Berg', 'Cruz', 'Dahl', 'Engel', 'Fox', 'Garcia', 'Haddad', 'Ito', 'Jung']

/** The n-th key of a database of `users` users: its id, its text, and whether it works. */
export function keyAt(n, users) {
  const { id, secret } = partsOf(n)
  const body = `lk_${id}_${secret}`
  const dead = ['revoked', 'expired'].includes(fates[Math.floor(n / users)])
  return { id, key: body + checksum(body), good: !dead && !isSuspended(n % users) }
}

/** The n-th user's id. */
export function userIdAt(n) {
  const hex = hash('sha256', `user ${n}`)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function isSuspended(user) {
  return user % 100 === 99
}

/** The state of a key, by the round in which each user gets one more key. */
const fates = ['', 'revoked', 'expired', 'rotated', 'expiring', '', '', '', '', 'child']

function partsOf(n) {
  const hex = hash('sha256', `key ${n}`)
  return { id: hex.slice(0, 16), secret: hex.slice(16, 59) }
}

function checksum(body) {
  let rest = crc32(body)
  let text = ''
  for (let i = 0; i < 6; i++) {
    text = alphabet.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

/**
 * @param url of an empty database
 * @param keys a multiple of ten
 * @returns the seconds that each step took
 */
export async function fill(url, keys, log = () => {}) {
  const users = keys / keysPerUser
  await migrate(url)
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false })
  const steps = {}
  const timed = async (name, work) => {
    const started = performance.now()
    const answer = await work()
    steps[name] = (performance.now() - started) / 1000
    log(`${steps[name].toFixed(1).padStart(7)} s  ${name}`)
    return answer
  }
  try {
    await sql.begin(async (transaction) => {
      const [{ there }] = await transaction`select exists (select from latchkey.users) as there`
      if (there) throw new Error('There are users in that database already.')
      await transaction`set local session_replication_role = replica`
      await transaction`set local maintenance_work_mem = '2GB'`
      const definitions = await takeAway(transaction)
      // Rows that COPY freezes need no vacuum; the table must have been created or truncated in the transaction.
      await transaction`truncate latchkey.users, latchkey.api_keys, latchkey.api_key_scope_uses`
      const now = Date.now()
      const ids = await timed(`${users} users`, async () => {
        const made = Array.from({ length: users }, (_, n) => userIdAt(n))
        await copy(transaction, 'users', userColumns, users, (n) => userRow(n, users, made, now))
        return made
      })
      await timed(`${keys} keys`, () =>
        copy(transaction, 'api_keys', keyColumns, keys, (n) => keyRow(n, keys, ids, now), log),
      )
      const uses = keys / keysPerUse
      await timed(`${uses} uses of scopes`, () =>
        copy(transaction, 'api_key_scope_uses', useColumns, uses, (n) => useRow(n, now)),
      )
      await timed('indexes and foreign keys', async () => {
        for (const definition of definitions) await transaction.unsafe(definition)
      })
    })
    await timed(
      'statistics',
      () => sql`analyze latchkey.users, latchkey.api_keys, latchkey.api_key_scope_uses`,
    )
    await timed('a look at what triggers say', () => compareWithTriggers(sql, users))
  } finally {
    await sql.end()
  }
  return steps
}

/** Drops indexes and keys of both tables. @returns the statements that create them again, in order */
async function takeAway(sql) {
  const constraints = await sql`
    select conrelid::regclass::text as "table", quote_ident(conname) as name, contype as type,
      pg_get_constraintdef(oid) as definition
    from pg_constraint
    where contype in ('p', 'u', 'f') and (
      conrelid in ('latchkey.users'::regclass, 'latchkey.api_keys'::regclass)
      or confrelid in ('latchkey.users'::regclass, 'latchkey.api_keys'::regclass))
    order by contype = 'f', contype`
  const indexes = await sql`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    where indrelid in ('latchkey.users'::regclass, 'latchkey.api_keys'::regclass)
      and not exists (select from pg_constraint where conindid = indexrelid)`
  for (const { table, name } of [...constraints].reverse()) {
    await sql.unsafe(`alter table ${table} drop constraint ${name}`)
  }
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`)
  const add = ({ table, name, definition }) =>
    `alter table ${table} add constraint ${name} ${definition}`
  return [
    ...constraints.filter(({ type }) => type !== 'f').map(add),
    ...indexes.map(({ definition }) => definition),
    ...constraints.filter(({ type }) => type === 'f').map(add),
  ]
}

async function copy(sql, table, columns, count, row, log = () => {}) {
  const target = await sql
    .unsafe(`copy latchkey.${table} (${columns}) from stdin with (freeze)`)
    .writable()
  function* chunks() {
    for (let from = 0; from < count; from += rowsPerChunk) {
      if (from > 0 && from % 1_000_000 === 0) log(`           ${from} …`)
      let text = ''
      for (let n = from; n < Math.min(from + rowsPerChunk, count); n++) text += row(n)
      yield Buffer.from(text, 'latin1')
    }
  }
  await pipeline(Readable.from(chunks()), target)
}

const userColumns = 'id, issuer, subject, email, name, status, created_at, updated_at'

/** The oldest tenth is called `legacy-…`, like users that were imported from an old directory. */
function userRow(n, users, ids, now) {
  const first = firstNames[n % 10]
  const last = lastNames[Math.floor(n / 10) % 10]
  const subject = `${n < users / 10 ? 'legacy' : 'user'}-${n}`
  const made = new Date(now - 730 * day + (n / users) * 365 * day).toISOString()
  const status = isSuspended(n) ? 'SUSPENDED' : 'ACTIVE'
  const email = `${first}.${last}.${n}@example.com`.toLowerCase()
  return `${ids[n]}\t${issuer}\t${subject}\t${email}\t${first} ${last}\t${status}\t${made}\t${made}\n`
}

const keyColumns =
  'id, owner_id, parent_id, depth, name, scopes, lineage_scopes, secret_hash, ' +
  'previous_secret_hash, previous_expires_at, rotated_at, created_at, expires_at, ' +
  'lineage_expires_at, revoked_at, last_used_at, last_used_floor, previous_last_used_at, ' +
  'previous_used, used_scopes'
const useColumns = 'key_id, scope, last_used_at'
/** One key in so many has used one of its scopes. */
const keysPerUse = 20
/** The scopes of a key, by the round: a child has fewer than its parent. */
const wide = '{read:keys,read:users}'
const narrow = '{read:users}'

function keyRow(n, keys, ids, now) {
  const users = ids.length
  const round = Math.floor(n / users)
  const fate = fates[round]
  const { id, secret } = partsOf(n)
  const isChild = fate === 'child'
  const parent = isChild ? partsOf(n - users).id : '\\N'
  const scopes = isChild ? narrow : wide
  const made = now - 365 * day + (n / keys) * 300 * day
  const at = (milliseconds) => new Date(milliseconds).toISOString()
  const before = fate === 'rotated' ? `\\\\x${hash('sha256', `before ${n}`)}` : '\\N'
  const grace = fate === 'rotated' ? at(now + 7 * day) : '\\N'
  const rotated = fate === 'rotated' ? at(now - day) : '\\N'
  let expiry = '\\N'
  if (fate === 'expired') expiry = at(made + day)
  else if (fate === 'expiring') expiry = at(now + (n % 100 === 0 ? 7 : 365) * day)
  const revoked = fate === 'revoked' ? at(made + day) : '\\N'
  // One key in fifty was not used for months.
  const used = now - (n % 50 === 0 ? 100 + (n % 200) : n % 30) * day
  const previousUse = fate === 'rotated' && n % 100 === 0 ? at(now) : '\\N'
  return (
    `${id}\t${ids[n % users]}\t${parent}\t${isChild ? 1 : 0}\tKey ${round}\t${scopes}\t${scopes}\t` +
    `\\\\x${hash('sha256', secret)}\t${before}\t${grace}\t${rotated}\t${at(made)}\t` +
    `${expiry}\t${expiry}\t${revoked}\t${at(used)}\t${at(used - (n % 7) * day)}\t` +
    `${previousUse}\t${previousUse !== '\\N'}\t${n % keysPerUse === 0 ? 1 : 0}\n`
  )
}

function useRow(n, now) {
  return `${partsOf(n * keysPerUse).id}\tread:users\t${new Date(now).toISOString()}\n`
}

/** Lets the triggers write a sample again, checks that nothing changes, and rolls back. */
async function compareWithTriggers(sql, users) {
  const sample = Array.from({ length: 50 }, (_, i) => Math.floor((i / 50) * users))
  const ids = fates.flatMap((_, round) => sample.map((n) => partsOf(round * users + n).id))
  const undo = new Error('undone')
  const list = `{${ids.join(',')}}`
  await sql
    .begin(async (transaction) => {
      const look = () => transaction`
        select md5(string_agg(k::text, ',' order by id)) as sum, count(*)::int as count
        from latchkey.api_keys k where id = any (${list}::text[])`
      const [before] = await look()
      await transaction`
        update latchkey.api_keys set lineage_scopes = '{}', depth = 7 where id = any (${list}::text[])`
      const [after] = await look()
      if (before.count !== ids.length || before.sum !== after.sum) {
        throw new Error('The triggers would have written other values.')
      }
      throw undo
    })
    .catch((error) => {
      if (error !== undo) throw error
    })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, keys = '1000000'] = process.argv.slice(2)
  if (url === undefined || !/^\d+0$/.test(keys)) {
    console.error('node test/bench/fill.mjs postgres://… [keys, a multiple of ten]')
    process.exitCode = 2
  } else {
    const steps = await fill(url, Number(keys), console.log)
    const total = Object.values(steps).reduce((sum, one) => sum + one, 0)
    console.log(`${total.toFixed(1).padStart(7)} s  in total`)
    console.log(`The first key: ${keyAt(0, Number(keys) / keysPerUser).key}`)
  }
}
