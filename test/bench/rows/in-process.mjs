/** Runs rows that need no server, each in a separate process that is new for every generation. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Runs `trial` (a file in `../trials`) with `input` once for each generation, and returns the results. */
export async function trials(trial, world, input, generations) {
  const file = join(world.folder, `${trial}.json`)
  const { databaseUrl, superuserUrl, issuer, jwksUri } = world
  writeFileSync(file, JSON.stringify({ databaseUrl, superuserUrl, issuer, jwksUri, ...input }))
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
