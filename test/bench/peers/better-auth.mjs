/**
 * Lean Yoga whose context calls better-auth's `verifyApiKey`, on a separate database of the same server.
 * With the argument `prepare` it creates the tables and keys, and prints the keys as JSON.
 */
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { GraphQLError } from 'graphql'
import pg from 'pg'
import { bearerOf, DATABASE_URL, serveLeanYoga } from './setting.mjs'

const { VARIANT } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 14 })
const auth = betterAuth({
  database: pool,
  secret: 'a secret of the benchmark, which protects nothing',
  baseURL: 'http://127.0.0.1',
  emailAndPassword: { enabled: true },
  // By default a key allows ten requests a day; the limit is raised, but requests are still counted.
  plugins: [
    apiKey({ rateLimit: VARIANT === 'unlimited' ? { enabled: false } : { maxRequests: 1e9 } }),
  ],
  logger: { disabled: true },
  telemetry: { enabled: false },
})

if (process.argv[2] === 'prepare') await prepare(Number(process.argv[3]))
else {
  serveLeanYoga({
    async context({ request }) {
      const key = bearerOf(request.headers.get('authorization')) ?? ''
      const { valid, key: found } = await auth.api.verifyApiKey({ body: { key } })
      if (!valid) {
        throw new GraphQLError('No valid key.', { extensions: { http: { status: 401 } } })
      }
      return { user: found.referenceId }
    },
  })
}

async function prepare(count) {
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()
  const { user } = await auth.api.signUpEmail({
    body: { email: 'bench@example.com', name: 'Bench', password: 'a password of the benchmark' },
  })
  const keys = []
  for (let n = 0; n < count; n++) {
    const { key } = await auth.api.createApiKey({ body: { name: 'bench', userId: user.id } })
    keys.push(key)
  }
  await pool.end()
  process.stdout.write(JSON.stringify(keys))
}
