/**
 * Measures whether the speed depends on the number of keys: runs the server's queries on three databases of
 * 10 thousand, 1 million and 10 million keys (a tenth as many users), in turn and in random order.
 *
 *   npm run build && node test/bench/scale.mjs [--data FOLDER] [--only WORDS] [keys]…
 *
 * With --data the databases stay in that folder and are used again the next time. With --only it measures
 * the queries whose names contain the words. It needs 10 GB of disk, 8 GB of memory and some minutes. It
 * starts a database server and first reads all tables and indexes into its 6 GB of shared buffers, so that
 * the disk has no influence.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { openDatabase } from '../../dist/db/database.js'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { createAuthenticator } from '../../dist/index.js'
import { healthTimes, keyFindings } from '../../dist/keys/health.js'
import { fill, keyAt, keysPerUser, userIdAt } from './fill.mjs'
import { bearer, describeMachine, inTemporaryFolder, quantile, shuffled } from './measure.mjs'

const { values, positionals } = parseArgs({
  options: { data: { type: 'string' }, only: { type: 'string', default: '' } },
  allowPositionals: true,
})
const sizes = positionals.map(Number)
if (sizes.length === 0) sizes.push(10_000, 1_000_000, 10_000_000)
const settings = {
  shared_buffers: '6GB',
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
    console.log(`${total.toFixed(1).padStart(7)} s  in total`)
  }
  const [{ size }] = await sql`select pg_size_pretty(pg_database_size(${`keys_${keys}`})) as size`
  await sql.end()
  await readIntoMemory(url.href)
  const database = openDatabase({ url: url.href, defaultUserScopes: null })
  const users = keys / keysPerUser
  await authenticateSome(database, users)
  // The keys are spread over the whole table.
  const sample = Array.from(
    { length: 5_000 },
    (_, n) => keyAt(Math.floor((n * keys) / 5_000), users).id,
  )
  return { keys, users, database, size, sample }
}

async function readIntoMemory(url) {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`create extension if not exists pg_prewarm`
  await sql`select pg_prewarm(oid) from pg_class
    where relnamespace = 'latchkey'::regnamespace and relkind in ('r', 'i')`
  await sql.end()
}

/** Checks that a sample of the keys is accepted or refused as intended. */
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

/** The server's queries by name; a round is `calls` calls of one. */
const questions = {
  'cold key, one at a time': { calls: 1_000, warmUp: 10_000, ask: findOneOfSample },
  'cold key, 32 at once': { calls: 4_000, warmUp: 150_000, concurrency: 32, ask: findOneOfSample },
  // A page that a connection touches for the first time costs a page fault.
  'cold key on pages never touched, one at a time': {
    calls: 1_000,
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
  ...Object.fromEntries(
    keyFindings.flatMap((finding) => [
      [
        `health, all users: ${finding}`,
        { calls: 20, ask: ({ database }) => database.keys.listFound(finding, everyKey(), page) },
      ],
      [
        `health, all users: count of ${finding}`,
        { calls: 5, ask: ({ database }) => database.keys.countFound(finding, everyKey()) },
      ],
    ]),
  ),
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
  // This is the worst case: PostgreSQL reads every newer user.
  'search for the oldest tenth': { calls: 1, ask: ({ database }) => search(database, 'legacy') },
}

function everyKey() {
  return { ownerId: null, times: healthTimes(new Date()) }
}

function findOneOfSample({ database, sample }) {
  return database.directory.findKeyForVerification(sample[anyOf(sample.length)])
}

function search({ users }, text) {
  return users.list({ ...everyone, search: text }, page)
}

function anyOf(count) {
  return Math.floor(Math.random() * count)
}

async function report(filled, machine) {
  const heads = filled.map(({ keys, size }) => `${keys.toLocaleString('en')} keys, ${size}`)
  console.log(`\n| p50 / p99, ms | ${heads.join(' | ')} | highest / lowest |`)
  console.log(`|---|${filled.map(() => '---|').join('')}---|`)
  const asked = Object.entries(questions).filter(([name]) => name.includes(values.only))
  for (const [name, { calls, concurrency = 1, warmUp = 2 * calls, ask }] of asked) {
    const times = new Map(filled.map((one) => [one, []]))
    for (const one of filled) await timesOf(() => ask(one), warmUp, concurrency)
    for (let round = 0; round < rounds; round++) {
      for (const one of shuffled(filled)) {
        times.get(one).push(...(await timesOf(() => ask(one), calls, concurrency)))
      }
    }
    const of = (one, share) => quantile(times.get(one), share)
    const cells = filled.map((one) => `${show(of(one, 0.5))} / ${show(of(one, 0.99))}`)
    const [least, most] = [filled[0], filled.at(-1)]
    const ratio = (share) => (of(most, share) / of(least, share)).toFixed(2)
    console.log(`| ${name} | ${cells.join(' | ')} | ${ratio(0.5)} / ${ratio(0.99)} |`)
  }
  console.log(`\n${new Date().toISOString().slice(0, 10)}. ${machine}.`)
}

async function timesOf(ask, calls, concurrency) {
  const times = []
  let left = calls
  const one = async () => {
    while (left-- > 0) {
      const started = performance.now()
      // A query may time out on a busy machine; it counts with the time that it took.
      await ask().catch((error) => {
        if (error.code !== 'SERVICE_UNAVAILABLE') throw error
      })
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
    for (const keys of sizes) filled.push(await prepare(server.superuserUrl, keys))
    await report(filled, machine)
    for (const one of filled) await one.database.close()
  } finally {
    await server.stop()
  }
}
