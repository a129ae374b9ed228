/** The faults that the nodes and their database go through, one after the other. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bin } from '../bench/measure.mjs'
import { bound, sleep, whoAmI } from './client.mjs'
import { revokeInPlace } from './load.mjs'

/**
 * @param strange keys that no node has seen yet
 * @param report called with the name of each figure and its value
 */
export async function happen({ world, environment, nodes, judge, strange, report }) {
  await sleep(6_000)
  report('`keys revoke --wait`, all nodes running', await revokeAndWait(environment, strange))

  const before = count(judge, 0, 502, 504)
  nodes[1].kill('SIGKILL')
  const killed = performance.now()
  report('`keys revoke --wait`, a node just killed', await revokeAndWait(environment, strange))
  await sleep(500)
  const settled = count(judge, 0, 502, 504)
  await sleep(2_000)
  report('A node killed -9: its requests in flight, answered 502', settled - before)
  report('… and later ones, until it is replaced', count(judge, 0, 502, 504) - settled)
  const back = performance.now()
  await nodes[1].start()
  report(
    'Replaced',
    `${seconds(back - killed)} after, ready in ${seconds(performance.now() - back)}, its first lookup ${milliseconds(await firstLookUps([nodes[1]], strange))} later`,
  )
  await sleep(3_000)

  report('Node paused for longer than the bound', await pause(nodes[2], world, judge, strange))
  await sleep(3_000)

  const calm = count(judge, 503)
  await world.restartDatabase(3_000)
  const lookUps = await firstLookUps(nodes, strange)
  report(
    'PostgreSQL stopped and started 3 s later',
    `lookups on every node work ${milliseconds(lookUps)} after the restart`,
  )
  await sleep(2_000)
  report('… requests answered 503', count(judge, 503) - calm)

  const [{ pid }] = await world.sql`
    select pid from pg_stat_activity where application_name = 'latchkey-authentication' limit 1`
  const crashed = performance.now()
  process.kill(pid, 'SIGKILL')
  // PostgreSQL takes a moment to notice, and everything works until then.
  await sleep(100)
  const lookingUp = firstLookUps(nodes, strange)
  while ((await world.sql`select`.catch(() => null)) === null) await sleep(20)
  const recovered = performance.now()
  await lookingUp
  report(
    'A process of PostgreSQL killed -9',
    `it recovers after ${milliseconds(recovered - crashed)}, lookups on every node work ${milliseconds(performance.now() - recovered)} later`,
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
    // A machine that is too busy to connect in time says nothing about the server.
    if (error.code === databaseUnavailable) return await revokeAndWait(environment, strange)
    throw error
  }
}

/** @returns milliseconds until each node has accepted a key that it had not seen before */
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

/** Pauses a node like a suspended machine: when it resumes, it must notice that its cache is too old. */
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
  return `${accepted} of 8 requests accepted with a key that was revoked during the pause`
}

/** The exit code of a command that cannot reach the database. */
const databaseUnavailable = 69

const idOf = (key) => key.split('_')[1]
export const milliseconds = (value) => `${value.toFixed(0)} ms`
export const seconds = (value) => `${(value / 1000).toFixed(1)} s`
