/** The input of a trial, and the parts that most trials need. */
import { readFileSync } from 'node:fs'
import { openDatabase } from '../../../dist/db/database.js'
import { createAuthenticator } from '../../../dist/index.js'
import { bearer } from '../measure.mjs'
import { audience } from '../world.mjs'

export { bearer }

export const input = JSON.parse(readFileSync(process.argv[2], 'utf8'))

/** Writes the figures to the process that started the trial, and ends it. */
export function answer(figures) {
  process.stdout.write(JSON.stringify(figures), () => process.exit(0))
}

/** Returns an authenticator over the database, once it uses its cache. */
export async function openAuthenticator(url = input.databaseUrl) {
  const database = openDatabase({ url, listenUrl: input.databaseUrl, defaultUserScopes: null })
  const authenticator = createAuthenticator({
    directory: database.directory,
    issuers: [{ issuer: input.issuer, audience, jwksUri: input.jwksUri }],
  })
  // It uses its cache only once it receives changes.
  const probe = bearer(input.keys[0])
  while ((await authenticator.authenticate(probe)) && authenticator.authenticate(probe).then) {
    await new Promise((done) => setTimeout(done, 20))
  }
  return authenticator
}

/** Keeps `connections` calls of `work` running; returns the calls per second. */
export async function keepGoing(work, connections, milliseconds) {
  const started = performance.now()
  let calls = 0
  const one = async () => {
    while (performance.now() - started < milliseconds) {
      await work()
      calls++
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  return calls / ((performance.now() - started) / 1000)
}
