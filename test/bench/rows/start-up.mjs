/** Measures the time from the start of the process to its readiness, on a new and on an existing folder. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bin, estimate, freePort, show } from '../measure.mjs'

export async function measureStartUp({ folder }, { starts }) {
  const first = []
  const second = []
  for (let n = 0; n < starts; n++) {
    const dataDir = join(folder, `start-${n}`)
    mkdirSync(dataDir)
    chmodSync(dataDir, 0o755)
    // Both starts use one port: at another port the development issuer has another name, and so other users.
    const port = await freePort()
    first.push(await startOnce(dataDir, port))
    second.push(await startOnce(dataDir, port))
  }
  const [later, initial] = [estimate(second), estimate(first)]
  return [
    { figure: 'Start to ready, first start on a new folder', result: `${show(initial, 0)} ms` },
    {
      figure: 'Start to ready, second start',
      result: `${show(later, 0)} ms`,
      goal: '≤ 1000 ms',
      met: later.median <= 1000,
    },
  ]
}

/** Milliseconds until the server prints its banner, which it does when it is ready. */
async function startOnce(dataDir, port) {
  const started = performance.now()
  const child = spawn(process.execPath, [bin, 'serve'], {
    env: { PATH: process.env.PATH, PORT: String(port), DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (/^Try /m.test(output)) break
  }
  const took = performance.now() - started
  child.kill('SIGTERM')
  await ended
  if (!/^Try /m.test(output)) throw new Error('It ended before it was ready.')
  return took
}
