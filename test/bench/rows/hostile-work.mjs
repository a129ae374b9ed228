/** Measures how much one request of `../hostile/corpus.mjs` delays the others. */
import { Worker } from 'node:worker_threads'
import { corpus } from '../hostile/corpus.mjs'
import { load } from '../load.mjs'
import { estimate, inTurn, post, quantile, show, startLatchkey } from '../measure.mjs'
import { trials } from './in-process.mjs'
import { viewer } from './throughput.mjs'

const sender = new URL('../hostile/sender.mjs', import.meta.url)
/** Milliseconds of processor time. */
const longestGoal = 20
const ratioGoal = 3

export async function measureHostileWork(world, { hostileRepeats, mutated, rounds }) {
  const [key] = world.keys
  const owner = await prepare(world)
  const settings = { environment: world.environment, key, owner, repeats: hostileRepeats, mutated }
  const [{ base, figures, fuzzed }] = await trials('hostile-work', world, settings, 1)
  const { milliseconds } = figures[0]
  const worst = figures.filter((one) => one.milliseconds > milliseconds / 2)
  return [
    rowOf(
      `Longest turn of the event loop by a hostile request, of ${figures.length}`,
      base,
      figures,
    ),
    rowOf(`The same by one of ${mutated} that a fuzzer makes of them`, base, fuzzed),
    await besideOthers(world, key, worst, owner, rounds),
  ]
}

function rowOf(figure, base, figures) {
  const [longest = { milliseconds: base, name: 'none longer than 5 ms', as: 'nobody' }] = figures
  const { milliseconds, name, as } = longest
  const times = (milliseconds / base).toFixed(1)
  return {
    figure,
    result: `${milliseconds.toFixed(1)} ms of processor time (${as}: ${name}); ${times} × \`{__typename}\` parsed again`,
    goal: `≤ ${longestGoal} ms`,
    met: milliseconds <= longestGoal,
  }
}

/**
 * Compares the p99 of a client with a cached key, beside one that sends the slowest requests, with its p99 alone;
 * and with its p99 while those requests go to another process, which shows the part of the machine.
 */
async function besideOthers(world, key, worst, owner, rounds) {
  const environment = { ...world.environment, LOG_LEVEL: 'warn' }
  const [server, another] = [await startLatchkey(environment), await startLatchkey(environment)]
  const requests = corpus(owner).filter(({ name, as }) =>
    worst.some((one) => one.name === name && one.as === as),
  )
  const ordinary = () =>
    load(server.port, [post(viewer, key)], 3_000, { connections: 1 }).then(({ p99 }) => p99)
  const besideSenderTo = ({ port }) => besideSender({ port, key, requests }, ordinary)
  const seen = []
  try {
    await ordinary()
    for (let round = 0; round < rounds; round++) {
      seen.push(
        await inTurn({
          alone: ordinary,
          beside: () => besideSenderTo(server),
          elsewhere: () => besideSenderTo(another),
        }),
      )
    }
  } finally {
    await server.stop()
    await another.stop()
  }
  const ratios = seen.map(({ alone, beside }) => beside / alone)
  const machine = estimate(seen.map(({ alone, elsewhere }) => elsewhere / alone))
  const ratio = estimate(ratios)
  return {
    figure:
      'p99 of a cached key beside a client that sends these one after the other, against alone',
    result: `${show(ratio)} (worst round ${quantile(ratios, 1).toFixed(2)}); ${show(machine)} if they go to another process`,
    goal: `≤ ${ratioGoal}`,
    met: ratio.median <= ratioGoal,
  }
}

async function besideSender(workerData, measure) {
  const worker = new Worker(sender, { workerData })
  const failed = new Promise((_, reject) => worker.once('error', reject))
  try {
    return await Promise.race([measure(), failed])
  } finally {
    await worker.terminate()
  }
}

/** Creates 200 users to list, and gives keys the most metadata that is allowed. @returns the owner's id */
async function prepare({ sql, issuer }) {
  await sql`
    insert into latchkey.users (issuer, subject, email, name)
    select ${issuer}, 'listed-' || n, 'user' || n || '@example.com', 'User ' || n
    from generate_series(1, 200) n on conflict do nothing`
  await sql`
    update latchkey.api_keys set metadata = jsonb_build_object('text', repeat('x', 4000))
    where id in (select id from latchkey.api_keys order by created_at desc, id desc limit 300)`
  const [{ id }] = await sql`select id from latchkey.users where subject = 'keeper'`
  return id
}
