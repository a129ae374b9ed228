/** What happens to the nodes and to their database, one thing after the other. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bin } from '../bench/measure.mjs'
import { bound, sleep, whoAmI } from './client.mjs'
import { revokeInPlace } from './load.mjs'

/**
 * @param strange keys that no node has seen yet
 * @param tell of a figure and what it is
 */
export async function happen({ world, environment, nodes, judge, strange, tell }) {
  await sleep(6_000)
  tell('`keys revoke --wait`, all there', await revokeAndWait(environment, strange))

  const before = count(judge, 0, 502, 504)
  nodes[1].kill('SIGKILL')
  const killed = performance.now()
  tell('`keys revoke --wait`, a node just killed', await revokeAndWait(environment, strange))
  await sleep(500)
  const settled = count(judge, 0, 502, 504)
  await sleep(2_000)
  tell('A node killed -9: requests that were with it, answered 502', settled - before)
  tell('… and later, until it is replaced', count(judge, 0, 502, 504) - settled)
  const back = performance.now()
  await nodes[1].start()
  tell(
    'Replaced',
    `${seconds(back - killed)} after, ready in ${seconds(performance.now() - back)}, its first look-up ${milliseconds(await firstLookUps([nodes[1]], strange))} later`,
  )
  await sleep(3_000)

  tell('Node paused for longer than the bound', await pause(nodes[2], world, judge, strange))
  await sleep(3_000)

  const calm = count(judge, 503)
  await world.restartDatabase(3_000)
  const lookUps = await firstLookUps(nodes, strange)
  tell(
    'PostgreSQL stopped and started 3 s later',
    `look-ups on every node ${milliseconds(lookUps)} after it is back`,
  )
  await sleep(2_000)
  tell('… requests answered 503', count(judge, 503) - calm)

  const [{ pid }] = await world.sql`
    select pid from pg_stat_activity where application_name = 'latchkey-authentication' limit 1`
  const crashed = performance.now()
  process.kill(pid, 'SIGKILL')
  // Until PostgreSQL has noticed, everything still works.
  await sleep(100)
  const lookingUp = firstLookUps(nodes, strange)
  while ((await world.sql`select`.catch(() => null)) === null) await sleep(20)
  const recovered = performance.now()
  await lookingUp
  tell(
    'A process of PostgreSQL killed -9',
    `it is back after ${milliseconds(recovered - crashed)}, look-ups on every node ${milliseconds(performance.now() - recovered)} later`,
  )
  await sleep(5_000)
}

function count({ statuses }, ...which) {
  return which.reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
}

async function revokeAndWait(environment, strange) {
  const words = ['keys', 'revoke', idOf(strange.pop()), '--wait', '--json']
  const env = { PATH: process.env.PATH, ...environment }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [bin, ...words], { env })
    const { answered, unanswered, milliseconds } = JSON.parse(stdout).nodes
    return `${answered.length} answered, ${unanswered.length} did not, ${milliseconds} ms`
  } catch (error) {
    // A machine that is too busy to connect in time is no finding.
    if (error.code === databaseUnavailable) return await revokeAndWait(environment, strange)
    throw error
  }
}

/** Until each of them has answered to a key that it had not seen before. */
async function firstLookUps(nodes, strange) {
  const began = performance.now()
  await Promise.all(
    nodes.map(async (node) => {
      const key = strange.pop()
      while ((await node.ask(key, whoAmI)).status !== 200) await sleep(20)
    }),
  )
  return performance.now() - began
}

/** Like a machine that was suspended: what it remembers is old when it goes on, and it must know. */
async function pause(node, world, judge, strange) {
  const key = strange.pop()
  for (let n = 0; n < 2; n++) await node.ask(key, whoAmI)
  node.kill('SIGSTOP')
  await revokeInPlace(world.sql, idOf(key))
  judge.revoke(key)
  await sleep(bound + 1_000)
  const asked = Array.from({ length: 8 }, () => node.ask(key, whoAmI))
  await sleep(100)
  node.kill('SIGCONT')
  const answers = await Promise.all(asked)
  for (const answer of answers) judge.judge(key, answer)
  const accepted = answers.filter(({ status }) => status === 200).length
  return `of 8 requests with a key revoked meanwhile ${accepted} accepted`
}

/** What a command ends with then. */
const databaseUnavailable = 69

const idOf = (key) => key.split('_')[1]
export const milliseconds = (value) => `${value.toFixed(0)} ms`
export const seconds = (value) => `${(value / 1000).toFixed(1)} s`
