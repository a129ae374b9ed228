/** Rows that need no server run in a process of their own each, made new for every generation. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `trial` (a file beside this one) answers for `input`, once for each generation. */
export async function trials(trial, world, input, generations) {
  const file = join(world.folder, `${trial}.json`)
  const { databaseUrl, issuer, jwksUri } = world
  writeFileSync(file, JSON.stringify({ databaseUrl, issuer, jwksUri, ...input }))
  const answers = []
  for (let n = 0; n < generations; n++) answers.push(await runTrial(trial, file))
  return answers
}

function runTrial(trial, file) {
  const script = fileURLToPath(new URL(`../trials/${trial}.mjs`, import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', script, file], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output))
      else reject(new Error(`${trial} ended with ${code}`))
    })
  })
}
