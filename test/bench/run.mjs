/** `npm run bench`: measures what the documents promise about speed, and prints a table. */
import { parseArgs } from 'node:util'
import { loadName } from './load.mjs'
import { describeMachine, inTemporaryFolder } from './measure.mjs'
import { keep, provenance, table } from './report.mjs'
import {
  measureColdKey,
  measureFirstSight,
  measureMemory,
  measureOneFlight,
  measureProcessorTime,
} from './rows/credentials.mjs'
import { measureForwardAuth } from './rows/forward-auth.mjs'
import { measureGuardSchema } from './rows/guard-schema.mjs'
import { measureHostileWork } from './rows/hostile-work.mjs'
import { measurePeers } from './rows/peers.mjs'
import { measureRevocation } from './rows/revocation.mjs'
import { measureStartUp } from './rows/start-up.mjs'
import { measureThroughput } from './rows/throughput.mjs'
import { measureUses } from './rows/uses.mjs'
import { createWorld } from './world.mjs'

const measures = {
  throughput: measureThroughput,
  peers: measurePeers,
  'guard-schema': measureGuardSchema,
  'forward-auth': measureForwardAuth,
  'first-sight': measureFirstSight,
  'cold-key': measureColdKey,
  'processor-time': measureProcessorTime,
  'one-flight': measureOneFlight,
  revocation: measureRevocation,
  'hostile-work': measureHostileWork,
  'start-up': measureStartUp,
  memory: measureMemory,
  uses: measureUses,
}

const help = `Measures authentication and prints a Markdown table.

  npm run bench -- [--quick] [--write] [--only NAME]…

  --quick      one process for each arm and few rounds: takes under 3 minutes, with wide intervals
  --write      keep the figures in test/bench/results.json, and show them in README.md and chart.svg
  --only NAME  measure only that part; may be repeated: ${Object.keys(measures).join(', ')}
  --help       print this text

Each server is a separate process on a PostgreSQL that is started for the run. The load comes over 32
connections from wrk or, if that is not installed, from this process, on the same machine. The arms of a
comparison run in turn, one second each, in random order, in three processes each (one with --quick). A
ratio is the median over the rounds, with its 90 % interval by bootstrap; two equal arms differ by 3 to 5 %.
Ratios can be compared between machines, absolute figures cannot.
`

const quickly = {
  generations: 1,
  rounds: 3,
  warmUpSeconds: 1.5,
  revocations: 100,
  starts: 2,
  credentials: 100_000,
  uses: 200_000,
  hostileRepeats: 5,
  mutated: 500,
}
const thoroughly = {
  generations: 3,
  rounds: 8,
  warmUpSeconds: 5,
  revocations: 200,
  starts: 5,
  credentials: 1_000_000,
  uses: 1_000_000,
  hostileRepeats: 15,
  mutated: 5_000,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(measures) },
    help: { type: 'boolean', default: false },
  },
})
const parts = values.only.map((name) => name.replaceAll(' ', '-'))
const unknown = parts.find((name) => measures[name] === undefined)
if (values.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no part ${unknown}.\n`)
  console.log(help)
  process.exitCode = unknown === undefined ? 0 : 2
} else await inTemporaryFolder(measureAll)

async function measureAll(folder) {
  const about = {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(values.quick ? ['-- --quick'] : [])].join(' '),
    machine: `${describeMachine()}, ${loadName}`,
  }
  const begun = performance.now()
  // There are more keys than cache entries, so that keys presented in turn are never in the cache.
  const world = await createWorld(folder, { keys: 45_000, tokens: 500 })
  const measured = {}
  try {
    for (const name of parts) {
      console.error(`${seconds(begun)} s: ${name}`)
      try {
        const rows = await measures[name](world, values.quick ? quickly : thoroughly)
        measured[name] = { ...about, rows }
      } catch (error) {
        // A run takes many minutes: what the other parts measure is kept.
        console.error(`${name} failed:`, error)
        process.exitCode = 1
      }
    }
  } finally {
    await world.close()
  }
  console.log(table(Object.values(measured).flatMap(({ rows }) => rows)))
  console.log(`\n${provenance(about)} It took ${seconds(begun)} s.`)
  if (values.write) keep(measured)
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(0)
}
