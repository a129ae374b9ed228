import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { operator } from '../../src/audit/actor.ts'
import { loadConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import { standardSchema } from '../../src/db/schema-names.ts'
import { createLogger } from '../../src/log.ts'
import { type CreateAppOptions, createApp } from '../../src/server/create-app.ts'
import type { User } from '../../src/users/user.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { startDatabaseProxy } from './database-proxy.ts'
import { startIssuer } from './issuer.ts'
import { temporaryFolder } from './server-process.ts'

export interface GraphQLAnswer {
  readonly status: number
  readonly headers: Headers
  // Tests read any part of an answer; the expectation itself checks its type.
  // biome-ignore lint/suspicious/noExplicitAny: each test expects its own shape
  readonly body: any
  readonly text: string
}

export interface Ask {
  /** Sent as `Authorization: Bearer`. */
  readonly as?: string
  readonly variables?: object
  readonly operationName?: string
  readonly headers?: Record<string, string>
}

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

type Environment = Record<string, string>

export interface TestAppOptions extends CreateAppOptions {
  /** A migrated, empty database. Default: a new one on the server that all test files share. */
  readonly database?: TestDatabase
}

/**
 * Creates the real server on a fresh database with a real issuer, but without a socket.
 *
 * @param environment the variables, or a function that returns them for the URL of the database
 */
export async function createTestApp(
  environment: Environment | ((databaseUrl: string) => Environment) = {},
  { database: given, ...options }: TestAppOptions = {},
) {
  const database = given ?? (await createTestDatabase())
  const network = await startDatabaseProxy(database.url)
  const feed = await startDatabaseProxy(database.url)
  const issuer = await startIssuer()
  const logged: string[] = []
  const config = loadConfig({
    DATABASE_URL: network.url,
    DATABASE_LISTEN_URL: feed.url,
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: 'https://api.example',
    DATA_DIR: temporaryFolder(),
    ...(typeof environment === 'function' ? environment(database.url) : environment),
  })
  const clock = { offset: 0 }
  const now = () => Date.now() + clock.offset
  const app = await createApp(config, {
    now,
    log: createLogger({ level: 'debug', destination: { write: (line) => logged.push(line) } }),
    ...options,
  })
  const stores = openDatabase({ url: database.url, defaultUserScopes: null })
  const sql = postgres(database.url, { max: 2, onnotice: () => {} })

  async function ask(query: string, { as, variables, operationName, headers }: Ask = {}) {
    return post(JSON.stringify({ query, variables, operationName }), {
      ...(as !== undefined && { authorization: `Bearer ${as}` }),
      ...headers,
    })
  }

  async function post(body: string, headers: Record<string, string> = {}): Promise<GraphQLAnswer> {
    const response = await app.fetch(
      new Request('http://latchkey.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
    )
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    }
  }

  /** Resolves when the server, which runs in this process, has received every change until now. */
  async function waitForChanges(): Promise<void> {
    const until = performance.now() + retryLimitMs
    // The server answers a question after it has processed all earlier notifications (see
    // src/db/nodes.ts), if it is proven that it receives them. A question from before the proof is
    // repeated.
    const question = randomUUID()
    const answered = feed.passed(question).then(() => true)
    for (;;) {
      await sql`select pg_notify(${standardSchema.askChannel}, ${question})`
      if (await Promise.race([answered, sleep(50, false)])) return
      if (performance.now() > until) throw new Error('The server has not answered for 20 seconds.')
    }
  }

  return {
    waitForChanges,
    /**
     * Runs a statement as an operator in psql would, and waits until the server has received the
     * change.
     */
    async byHand(strings: TemplateStringsArray, ...values: postgres.ParameterOrFragment<never>[]) {
      await sql(strings, ...values)
      await waitForChanges()
    },
    fetch: app.fetch,
    listener: app.listener,
    shareUnreadable: app.shareUnreadable,
    shutDown: app.shutDown,
    reload: app.reload,
    /** The configuration that the app was created with. */
    config,
    ask,
    post,
    issuer,
    stores,
    /** A client for reading and changing rows as an operator in psql would. */
    sql,
    databaseUrl: database.url,
    /** The proxy between the server and its database. */
    network,
    /** The proxy between the server and the connection that receives its notifications. */
    feed,
    /** The credentials of the development mode; `null` in other modes. */
    development: app.development,
    /** All lines of the log so far. */
    logged,
    /** Advances the wall clock of the server. */
    advance: (milliseconds: number) => {
      clock.offset += milliseconds
    },
    /** Creates a user with that grant (`null`: no ceiling). */
    async user(subject: string, scopes: readonly string[] | null = null): Promise<User> {
      const made = await stores.users.insert(
        { issuer: issuer.issuer, subject, email: null, name: null, scopes },
        operator,
      )
      if (made === 'duplicate') throw new Error(`The user ${subject} exists already.`)
      return made
    },
    /** Signs a JWT of that subject as the issuer. */
    jwt: (subject: string, scopes: readonly string[], claims: object = {}): Promise<string> =>
      issuer.sign({ sub: subject, scope: scopes.join(' '), aud: 'https://api.example', ...claims }),
    /** Creates a key of that subject, with a JWT of the same scopes and `write:keys`. */
    async key(subject: string, scopes: readonly string[], input: object = {}) {
      const jwt = await this.jwt(subject, [...new Set([...scopes, 'write:keys'])])
      const variables = { input: { name: `${subject}'s key`, scopes, ...input } }
      const answer = await retryUnavailable(() => ask(createKey, { as: jwt, variables }))
      const { apiKey, secret } = answer.body.data.createApiKey
      return { id: apiKey.id as string, secret: secret as string }
    },
    /**
     * Stops the server, which then writes the uses it has collected. The database can still be read.
     */
    flush: () => app.close(),
    async close() {
      await app.close()
      await stores.close()
      // The driver would wait forever if the server ended the session at the same time.
      await sql.end({ timeout: 5 })
      await issuer.close()
      await network.close()
      await feed.close()
      await database.close()
    },
  }
}

/**
 * The time for which a test retries, in milliseconds: longer than a machine under load needs, shorter
 * than the time limit of a test.
 */
const retryLimitMs = 20_000

/**
 * Retries while the answer is 503, as a client does: a machine under load may have no connection free.
 *
 * @returns the last answer, which is 503 if every answer in 20 seconds was
 */
export async function retryUnavailable<T extends { readonly status: number }>(
  ask: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + retryLimitMs
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503 || performance.now() > until) return answer
  }
}

/** Calls one mutation with its input, on the application that `on` returns unless another is named. */
export const mutation =
  (name: string, payload: string, on: () => Pick<TestApp, 'ask'>) =>
  (input: object, ask: Ask, app = on()): Promise<GraphQLAnswer> =>
    app.ask(
      `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${payload} } }`,
      { ...ask, variables: { input } },
    )

/** Returns the status and the extensions of the first error. */
export const errorOf = ({ status, body }: GraphQLAnswer) => ({
  status,
  ...body.errors?.[0]?.extensions,
})

export const createKey = /* GraphQL */ `
  mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { apiKey { id } secret }
  }
`
