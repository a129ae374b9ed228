/**
 * Measures what the heartbeats of many nodes cost the database server: each session listens on its own
 * channel and notifies it every 400 ms, as a node does with MAX_STALENESS_MS=2000. PostgreSQL wakes every
 * listening session for every notification, so the cost grows with the square. Runs on Linux only.
 *
 *   npm run build && node test/bench/heartbeats.mjs [nodes]…
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { describeMachine, inTemporaryFolder } from './measure.mjs'

const counts = process.argv.slice(2).map(Number)
if (counts.length === 0) counts.push(10, 50, 100)
const interval = 400
const seconds = 10
/** The duration of a tick in `/proc/…/stat`. */
const tickMilliseconds = 10

await inTemporaryFolder(async (folder) => {
  const machine = describeMachine()
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    settings: { max_connections: '500' },
  })
  try {
    console.log('| nodes | heartbeats received, each second | one core, % | µs for each wake-up |')
    console.log('|---|---|---|---|')
    for (const nodes of counts) await measure(server.url, nodes)
  } finally {
    await server.stop()
  }
  console.log(`\n${new Date().toISOString().slice(0, 10)}. ${machine}.`)
})

async function measure(url, nodes) {
  let received = 0
  const sessions = []
  for (let n = 0; n < nodes; n++) {
    const onnotify = () => received++
    const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {}, onnotify })
    await sql.unsafe(`listen latchkey_changes; listen node_${n}`)
    sessions.push(sql)
  }
  const pids = await Promise.all(sessions.map((sql) => sql`select pg_backend_pid() as pid`))
  const backends = pids.map(([{ pid }]) => pid)
  const timers = sessions.map((sql, n) =>
    setTimeout(() => {
      timers[n] = setInterval(async () => {
        await sql.unsafe(`select pg_notify('node_${n}', '')`)
      }, interval)
    }, Math.random() * interval),
  )
  await sleep(1_000)
  const [before, receivedBefore] = [processorTime(backends), received]
  await sleep(seconds * 1_000)
  const busy = (processorTime(backends) - before) / (seconds * 1_000)
  const perSecond = (received - receivedBefore) / seconds
  const each = (busy * 1e6) / (perSecond * nodes)
  console.log(
    `| ${nodes} | ${perSecond.toFixed(0)} | ${(busy * 100).toFixed(0)} | ${each.toFixed(0)} |`,
  )
  for (const timer of timers) clearInterval(timer)
  await Promise.all(sessions.map((sql) => sql.end({ timeout: 1 })))
}

/** The processor time of those processes so far, in milliseconds. */
function processorTime(pids) {
  const running = new Set(readdirSync('/proc'))
  const ticks = pids
    .filter((pid) => running.has(String(pid)))
    .map((pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' '))
    .map((fields) => Number(fields[11]) + Number(fields[12]))
  return ticks.reduce((sum, one) => sum + one, 0) * tickMilliseconds
}
