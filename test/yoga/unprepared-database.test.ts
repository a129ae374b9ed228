import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import type { CredentialDirectory } from '../../src/credentials/directory.ts'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createAuthenticator, type UsePrincipalOptions, usePrincipal } from '../../src/index.ts'
import { connectDirectory } from '../../src/postgres.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { type RawAnswer, send } from '../support/listening.ts'

/* The Yoga server of an application, on a database that Latchkey cannot use, or with failing parts. */

const role = `latchkey_no_rights_${process.pid}`
let issuer: TestIssuer
let admin: postgres.Sql
const closing: (() => unknown)[] = []

beforeAll(async () => {
  issuer = await startIssuer()
  admin = postgres(inject('databaseServerUrl'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create role ${role} login password 'only for this test'`)
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await admin.unsafe(`drop role ${role}`)
  await admin.end()
  await issuer.close()
})

/** The log lines of the application and of the directory. */
interface Logged {
  readonly yoga: unknown[][]
  readonly directory: string[]
}

async function application(
  directory: CredentialDirectory,
  logged: Logged,
  options: Partial<UsePrincipalOptions> = {},
) {
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
    directory,
  })
  const log = (...line: unknown[]) => void logged.yoga.push(line)
  const yoga = createYoga({
    schema: createSchema({ typeDefs: 'type Query { hello: String }' }),
    plugins: [usePrincipal({ authenticator, undeclared: 'public', ...options })],
    logging: { debug: () => {}, info: log, warn: log, error: log },
  })
  const server = createServer(yoga)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () => authenticator.close(),
    () => server.close(),
  )
  const { port } = server.address() as AddressInfo
  return (credential: string | null) =>
    send(
      port,
      '/graphql',
      [
        'Content-Type',
        'application/json',
        ...(credential === null ? [] : ['Authorization', `Bearer ${credential}`]),
      ],
      { method: 'POST', body: '{"query":"{ hello }"}' },
    )
}

const jwt = () => issuer.sign({ sub: 'alice', aud: testAudience })

function expectNothingDisclosed({ body, headers }: RawAnswer): void {
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(body).not.toMatch(/select|latchkey\.|relation|column|permission|at .*\.[jt]s:|password/i)
}

const on = async (url: string, ...statements: string[]) => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  for (const statement of statements) await sql.unsafe(statement)
  await sql.end()
}

const asRole = ({ url }: TestDatabase) =>
  Object.assign(new URL(url), { username: role, password: 'only for this test' }).href

describe.each([
  [
    'without our tables',
    async () => {
      const database = await createEmptyDatabase()
      return { database, url: database.url }
    },
  ],
  [
    'without rights on them',
    async () => {
      const database = await createTestDatabase()
      return { database, url: asRole(database) }
    },
  ],
  [
    'whose tables lack a column',
    async () => {
      const database = await createTestDatabase()
      await on(
        database.url,
        'alter table latchkey.users drop column signed_out_tokens cascade',
        'alter table latchkey.api_keys drop column previous_secret_pepper cascade',
      )
      return { database, url: database.url }
    },
  ],
] as const)('on a database %s', (_name, prepare) => {
  it('a credential is answered 503, and the log names the command that helps once', async () => {
    const { database, url } = await prepare()
    closing.push(() => database.close())
    const logged: Logged = { yoga: [], directory: [] }
    const log = {
      warn: (line: string) => void logged.directory.push(line),
      info: () => {},
    }
    const directory = connectDirectory({ url, log })
    closing.push(() => directory.close())
    const ask = await application(directory, logged)
    for (let i = 0; i < 3; i++) {
      for (const credential of [await jwt(), generateKey('lk').key]) {
        const answer = await ask(credential)
        expect(answer.status).toBe(503)
        expect(answer.headers['retry-after']).toBe('1')
        expect(JSON.parse(answer.body).errors[0].extensions).toEqual({
          code: 'SERVICE_UNAVAILABLE',
        })
        expectNothingDisclosed(answer)
      }
    }
    expect((await ask(null)).status).toBe(200)
    const authentication = logged.directory.filter((line) => line.includes('authentication'))
    expect(authentication).toHaveLength(1)
    expect(authentication[0]).toContain('`latchkey migrate')
  })
})

describe('an unexpected error during authentication', () => {
  const failure = new Error('select "secret" from latchkey.users: at pool.ts:1')
  const fails = () => Promise.reject(failure)
  const broken: CredentialDirectory = {
    findKeyForVerification: fails,
    admitUser: fails,
    markUsed: async () => [],
  }

  const failing = (parts: Partial<UsePrincipalOptions>) => async (logged: Logged) =>
    application({ ...broken, admitUser: async () => null }, logged, parts)

  it.each([
    ['a directory', (logged: Logged) => application(broken, logged)],
    [
      'an observer',
      failing({
        onAuthentication: () => {
          throw failure
        },
      }),
    ],
    [
      'what makes the error of a refusal',
      failing({
        refusalError: () => {
          throw failure
        },
      }),
    ],
  ])('is masked and logged: %s', async (_name, start) => {
    const logged: Logged = { yoga: [], directory: [] }
    const ask = await start(logged)
    const answer = await ask(await jwt())
    expect(answer.status).toBe(500)
    const { code, requestId } = JSON.parse(answer.body).errors[0].extensions
    expect(code).toBe('INTERNAL_SERVER_ERROR')
    expectNothingDisclosed(answer)
    expect(logged.yoga).toEqual([[expect.stringContaining(requestId), failure]])
  })
})
