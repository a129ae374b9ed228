/**
 * Whether it stays as fast as it grows: three databases of 10 thousand, 1 million and 10 million keys
 * (a tenth as many users), and what the server asks of them, in turn, in random order.
 *
 *   npm run build && node test/bench/scale.mjs [--data FOLDER] [keys]…
 *
 * With a folder the databases stay there, and are found there the next time. Needs 15 GB of disk and some
 * minutes. The database server is one of our own, with 2 GB of shared
 * buffers; everything it reads fits into the memory of the machine.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { openDatabase } from '../../dist/db/database.js'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { createAuthenticator } from '../../dist/index.js'
import { fill, keyAt, keysPerUser, userIdAt } from './fill.mjs'
import { bearer, describeMachine, inTemporaryFolder, quantile, shuffled } from './measure.mjs'

const { values, positionals } = parseArgs({
  options: { data: { type: 'string' } },
  allowPositionals: true,
})
const sizes = positionals.map(Number)
if (sizes.length === 0) sizes.push(10_000, 1_000_000, 10_000_000)
const settings = {
  shared_buffers: '2GB',
  max_wal_size: '16GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  fsync: 'off',
}
const rounds = 12
const page = { limit: 50, after: null, before: null, fromEnd: false }
const everyone = { status: null, search: null }

async function prepare(serverUrl, keys) {
  const url = new URL(serverUrl)
  url.pathname = `/keys_${keys}`
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} })
  const [known] = await sql`select from pg_database where datname = ${`keys_${keys}`}`
  if (known === undefined) {
    console.log(`${keys.toLocaleString('en')} keys`)
    await sql.unsafe(`create database keys_${keys}`)
    const steps = await fill(url.href, keys, console.log)
    const total = Object.values(steps).reduce((sum, one) => sum + one, 0)
    console.log(`${total.toFixed(1).padStart(7)} s  in all`)
  }
  const [{ size }] = await sql`select pg_size_pretty(pg_database_size(${`keys_${keys}`})) as size`
  await sql.end()
  const database = openDatabase({ url: url.href, defaultUserScopes: null })
  const users = keys / keysPerUser
  await authenticateSome(database, users)
  return { keys, users, database, size }
}

/** That the keys work, or not, as they were made. */
async function authenticateSome({ directory }, users) {
  const authenticator = createAuthenticator({
    directory: { ...directory, watch: undefined },
    issuers: [],
  })
  for (let round = 0; round < keysPerUser; round++) {
    for (let i = 0; i < 20; i++) {
      const { key, good } = keyAt(round * users + Math.floor(Math.random() * users), users)
      const { kind } = await authenticator.authenticate(bearer(key))
      if ((kind === 'authenticated') !== good) throw new Error(`${key} is ${kind}`)
    }
  }
  console.log('           a sample of the keys is accepted, and refused where it should be')
}

/** By name, one thing that the server asks; `calls` of it are one round. */
const questions = {
  'cold key, one at a time': {
    calls: 1_000,
    ask: ({ database, keys, users }) =>
      database.directory.findKeyForVerification(keyAt(anyOf(keys), users).id),
  },
  'cold key, 32 at once': {
    calls: 4_000,
    concurrency: 32,
    ask: ({ database, keys, users }) =>
      database.directory.findKeyForVerification(keyAt(anyOf(keys), users).id),
  },
  'keys of a user': {
    calls: 100,
    ask: ({ database, users }) =>
      database.keys.list({ ownerId: userIdAt(anyOf(users)), status: null, now: new Date() }, page),
  },
  'users, newest': { calls: 50, ask: ({ database }) => database.users.list(everyone, page) },
  'users, anywhere': {
    calls: 50,
    ask: ({ database }) => {
      const at = new Date(Date.now() - (365 + Math.random() * 365) * 86_400_000)
      return database.users.list(everyone, { ...page, after: { at, id: userIdAt(0) } })
    },
  },
  'users, oldest': {
    calls: 50,
    ask: ({ database }) => database.users.list(everyone, { ...page, fromEnd: true }),
  },
  'search for one user': {
    calls: 50,
    ask: ({ database, users }) => search(database, `user-${users - 1 - anyOf(users / 10)}`),
  },
  'search for an e-mail address': {
    calls: 50,
    ask: ({ database, users }) => {
      const n = anyOf(users / 100) * 100
      return search(database, `ada.abe.${n}@`)
    },
  },
  'search for nobody': { calls: 50, ask: ({ database }) => search(database, 'zz') },
  'search for a tenth of all': { calls: 20, ask: ({ database }) => search(database, 'grace') },
  'search for a hundredth of all': {
    calls: 20,
    ask: ({ database }) => search(database, 'grace ito'),
  },
  'search for the oldest tenth': { calls: 2, ask: ({ database }) => search(database, 'legacy') },
}

function search({ users }, text) {
  return users.list({ ...everyone, search: text }, page)
}

function anyOf(count) {
  return Math.floor(Math.random() * count)
}

async function report(filled, machine) {
  const lines = []
  for (const [name, { calls, concurrency = 1, ask }] of Object.entries(questions)) {
    const times = new Map(filled.map((one) => [one, []]))
    for (let round = -2; round < rounds; round++) {
      for (const one of shuffled(filled)) {
        const seen = await timesOf(() => ask(one), calls, concurrency)
        if (round >= 0) times.get(one).push(...seen)
      }
    }
    const of = (one, share) => quantile(times.get(one), share)
    const cells = filled.map((one) => `${show(of(one, 0.5))} / ${show(of(one, 0.99))}`)
    const [least, most] = [filled[0], filled.at(-1)]
    const ratio = (share) => (of(most, share) / of(least, share)).toFixed(2)
    lines.push(`| ${name} | ${cells.join(' | ')} | ${ratio(0.5)} / ${ratio(0.99)} |`)
  }
  const heads = filled.map(({ keys, size }) => `${keys.toLocaleString('en')} keys, ${size}`)
  console.log(`\n| p50 / p99, ms | ${heads.join(' | ')} | most to least |`)
  console.log(`|---|${filled.map(() => '---|').join('')}---|\n${lines.join('\n')}`)
  console.log(`\n${new Date().toISOString().slice(0, 10)}. ${machine}.`)
}

async function timesOf(ask, calls, concurrency) {
  const times = []
  let left = calls
  const one = async () => {
    while (left-- > 0) {
      const started = performance.now()
      await ask()
      times.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  return times
}

function show(milliseconds) {
  return milliseconds.toFixed(milliseconds < 1 ? 3 : 1)
}

if (values.data === undefined) await inTemporaryFolder(measure)
else await measure(resolve(values.data))

async function measure(folder) {
  const machine = describeMachine()
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings })
  try {
    const filled = []
    for (const keys of sizes) filled.push(await prepare(server.url, keys))
    await report(filled, machine)
    for (const one of filled) await one.database.close()
  } finally {
    await server.stop()
  }
}
