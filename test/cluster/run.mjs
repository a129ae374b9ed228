/** `npm run cluster`: runs three nodes behind one nginx on one database through faults. */
import { openSync } from 'node:fs'
import { join } from 'node:path'
import {
  bin,
  describeMachine,
  freePort,
  inTemporaryFolder,
  quantile,
  start,
} from '../bench/measure.mjs'
import { createWorld } from '../bench/world.mjs'
import { bound, createClient, createJudge } from './client.mjs'
import { happen, seconds } from './events.mjs'
import { askAlways, revokeAlways } from './load.mjs'
import { startNginx } from './nginx.mjs'

const help = `Runs three nodes behind one nginx on one PostgreSQL for a minute. Under load with API keys and JWTs, and
while keys are revoked, it kills, replaces and pauses nodes and restarts PostgreSQL. It prints what it
measured, and ends with 1 if a revoked key was accepted after the staleness bound, a valid credential was
refused, or a mutation ran twice.

  npm run cluster [-- --rate REQUESTS_A_SECOND]     default: 100

Needs nginx (Debian: apt-get install nginx).
`

const rateAt = process.argv.indexOf('--rate')
const perSecond = rateAt < 0 ? 100 : Number(process.argv[rateAt + 1])
if (process.argv.includes('--help') || !(perSecond > 0)) {
  console.log(help)
  process.exitCode = perSecond > 0 ? 0 : 2
} else await inTemporaryFolder(run)

async function run(folder) {
  const machine = describeMachine()
  const settings = { port: String(await freePort()) }
  const world = await createWorld(folder, { keys: 400, tokens: 0, settings })
  const environment = { ...world.environment, LOG_LEVEL: 'warn', KEY_MAX_PER_USER: '100000' }
  const nodes = await Promise.all([1, 2, 3].map((n) => startNode(folder, environment, n)))
  const ports = nodes.map(({ port }) => port)
  const nginx = await startNginx(folder, ports)
  const proxy = createClient(nginx.port, 32)
  const over = new AbortController()
  const rows = []
  const report = (figure, value) => {
    rows.push([figure, value])
    console.error(`${figure}: ${value}`)
  }
  try {
    const tokens = await world.makeTokens(200, 'ES256', ['read:keys', 'read:users', 'write:keys'])
    const judge = createJudge()
    const made = []
    const strange = world.keys.splice(300)
    const scenario = { world, environment, nodes, proxy, tokens, judge, made, strange, report }
    const began = performance.now()
    const under = { ...scenario, keys: world.keys, sql: world.sql, perSecond, until: over.signal }
    const load = Promise.all([revokeAlways(under), askAlways(under)])
    // A rejection is handled when this is awaited, after the faults.
    load.catch(() => {})
    await happen(scenario)
    over.abort()
    const [took] = await load
    const right = await summarize({ ...scenario, took, elapsed: performance.now() - began })
    console.log(
      ['| Figure | |', '|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'),
    )
    console.log(`\n${new Date().toISOString().slice(0, 10)}, \`npm run cluster\`. ${machine}.`)
    if (!right) process.exitCode = 1
  } finally {
    over.abort()
    proxy.close()
    await nginx.stop()
    for (const node of nodes) await node.stop()
    await world.close()
  }
}

/** @returns whether none of the forbidden answers occurred */
async function summarize({ world, judge, made, took, elapsed, report }) {
  const { counts, statuses } = judge
  const [{ kept, twice }] = await world.sql`
    with named as (
      select name, count(*) as times from latchkey.api_keys where name like 'cluster-%' group by name
    )
    select count(*) filter (where name = any(${made}))::int as kept,
      count(*) filter (where times > 1)::int as twice from named`
  const answers = [...statuses].sort().map(([status, times]) => `${times} × ${status || 'none'}`)
  report('Requests through nginx', `in ${seconds(elapsed)}: ${answers.join(', ')}`)
  report('Revocations', judge.revokedKeys().length)
  report('From sending an UPDATE by hand to the first refusal by another node', spread(took.byHand))
  report(
    'From the answer to `revokeApiKey` to the first refusal by another node',
    spread(took.byMutation),
  )
  report('Revoked keys accepted within the bound', counts.within)
  const never = [
    [`Revoked keys accepted more than ${bound} ms after COMMIT`, counts.wrongAccepts],
    ['Valid credentials answered 401', counts.refusedGood],
    ['Mutations that ran twice', twice],
    ['Mutations answered but not stored', made.length - kept],
  ]
  for (const [figure, value] of never) report(`${figure} (must be 0)`, value)
  return never.every(([, value]) => value === 0)
}

function spread(values) {
  const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)].map((ms) => ms.toFixed(1))
  return `median ${p50} ms, p99 ${p99} ms, at most ${Math.max(...values).toFixed(1)} ms (${values.length})`
}

async function startNode(folder, environment, n) {
  const port = await freePort()
  const log = openSync(join(folder, `node-${n}.log`), 'a')
  const launch = () =>
    start(process.execPath, [bin, 'serve'], environment, port, ['ignore', 'ignore', log])
  const client = createClient(port, 8)
  let running = await launch()
  return {
    port,
    ask: client.ask,
    kill: (signal) => running.kill(signal),
    async start() {
      running = await launch()
    },
    async stop() {
      client.close()
      await running.stop()
    },
  }
}
