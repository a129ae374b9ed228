import { operator } from '../../src/audit/actor.ts'
import { withDatabase } from '../../src/cli/database.ts'
import type { Environment } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import type { User } from '../../src/users/user.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Run, run } from './run.ts'

export const issuer = 'https://id.example.com'
export const otherIssuer = 'https://other.example.com'

/** Creates a database and runs commands on it. */
export async function commandsOnDatabase() {
  const { url, close } = await createTestDatabase()
  const { users, keys, close: disconnect } = openDatabase({ url, defaultUserScopes: null })
  const runWith = (variables: Environment, words: readonly string[]): Promise<Run> =>
    run(words, { environment: { DATABASE_URL: url, ...variables }, withDatabase, now: Date.now })
  return {
    url,
    users,
    keys,
    run: (...words: string[]): Promise<Run> => runWith({}, words),
    /** Runs a command with further variables. */
    runWith,
    async user(subject: string, of = issuer): Promise<User> {
      const made = await users.insert(
        { issuer: of, subject, email: null, name: null, scopes: null },
        operator,
      )
      if (made === 'duplicate') throw new Error('There is that user already.')
      return made
    },
    async close() {
      await disconnect()
      await close()
    },
  }
}
