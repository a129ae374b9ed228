/** `npm run bench`: measures what is promised about speed, and prints it as a table. */
import { parseArgs } from 'node:util'
import { describeMachine, inTemporaryFolder } from './measure.mjs'
import {
  measureColdKey,
  measureFirstSight,
  measureMemory,
  measureOneFlight,
  measureProcessorTime,
} from './rows/credentials.mjs'
import { measureRevocation } from './rows/revocation.mjs'
import { measureStartUp } from './rows/start-up.mjs'
import { measureThroughput } from './rows/throughput.mjs'
import { createWorld } from './world.mjs'

const measures = {
  throughput: measureThroughput,
  'first-sight': measureFirstSight,
  'cold-key': measureColdKey,
  'processor-time': measureProcessorTime,
  'one-flight': measureOneFlight,
  revocation: measureRevocation,
  'start-up': measureStartUp,
  memory: measureMemory,
}

const help = `Measures authentication and prints a Markdown table.

  npm run bench -- [--quick] [--only NAME]…

  --quick      one process an arm and few rounds: about 3 minutes, and wide intervals
  --only NAME  only that part, as often as you like: ${Object.keys(measures).join(', ')}
  --help       this

Servers are processes of their own on a PostgreSQL of their own, and are loaded over 32 connections by
this process, on the same machine. The arms of a comparison run in turn, a second each, in random order,
in three processes each unless it is quick. A ratio is the median over the rounds, with its 90 % interval
by bootstrap; two equal arms differ by 3 to 5 %. Ratios can be compared elsewhere, the rest cannot.
`

const quickly = { generations: 1, rounds: 4, revocations: 200, starts: 3, credentials: 100_000 }
const thoroughly = {
  generations: 3,
  rounds: 8,
  revocations: 200,
  starts: 5,
  credentials: 1_000_000,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(measures) },
    help: { type: 'boolean', default: false },
  },
})
const unknown = values.only.find((name) => measures[name] === undefined)
if (values.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no part ${unknown}.\n`)
  console.log(help)
  process.exitCode = unknown === undefined ? 0 : 2
} else await inTemporaryFolder(measureAll)

async function measureAll(folder) {
  const machine = describeMachine()
  const begun = performance.now()
  // More than the cache holds, so that one after the other none is ever in it.
  const world = await createWorld(folder, { keys: 45_000, tokens: 500 })
  const rows = []
  try {
    for (const name of values.only) {
      console.error(`${seconds(begun)} s: ${name}`)
      rows.push(...(await measures[name](world, values.quick ? quickly : thoroughly)))
    }
  } finally {
    await world.close()
  }
  console.log(table(rows))
  console.log(
    `\n${new Date().toISOString().slice(0, 10)}, \`npm run bench${values.quick ? ' -- --quick' : ''}\`, ${seconds(begun)} s. ${machine}.`,
  )
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(0)
}

function table(rows) {
  const lines = rows.map(({ figure, result, goal = '', met }) => {
    const verdict = met === undefined ? '' : met ? 'yes' : '**no**'
    return `| ${figure} | ${result} | ${goal} | ${verdict} |`
  })
  return ['| Figure | Measured | Goal | Met |', '|---|---|---|---|', ...lines].join('\n')
}
