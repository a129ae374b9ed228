/** What a trial is given, and the parts that most of them need. */
import { readFileSync } from 'node:fs'
import { openDatabase } from '../../../dist/db/database.js'
import { createAuthenticator } from '../../../dist/index.js'
import { bearer } from '../measure.mjs'
import { audience } from '../world.mjs'

export { bearer }

export const input = JSON.parse(readFileSync(process.argv[2], 'utf8'))

/** Tells the figures to whoever started the trial, and ends it. */
export function answer(figures) {
  process.stdout.write(JSON.stringify(figures), () => process.exit(0))
}

/** An authenticator over the database, which remembers from when this resolves. */
export async function openAuthenticator(url = input.databaseUrl) {
  const database = openDatabase({ url, listenUrl: input.databaseUrl, defaultUserScopes: null })
  const authenticator = createAuthenticator({
    directory: database.directory,
    issuers: [{ issuer: input.issuer, audience, jwksUri: input.jwksUri }],
  })
  // It trusts what it remembers only once it hears of changes.
  const probe = bearer(input.keys[0])
  while ((await authenticator.authenticate(probe)) && authenticator.authenticate(probe).then) {
    await new Promise((done) => setTimeout(done, 20))
  }
  return authenticator
}

/** Keeps `connections` calls of `work` going for that long; calls per second. */
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
