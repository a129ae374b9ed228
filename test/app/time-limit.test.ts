import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp

beforeAll(async () => {
  app = await createTestApp({}, { timeLimit: 400 })
})
afterAll(() => app.close())

/** Locks the keys against all other sessions while `work` runs. */
const withKeysLocked = (work: () => Promise<void>) =>
  app.sql.begin(async (sql) => {
    await sql`lock table latchkey.api_keys in access exclusive mode`
    await work()
  })

describe.each(['application/json', 'application/graphql-response+json'])('as %s', (accept) => {
  it('an operation that takes too long is answered as an outage', async () => {
    const as = await app.jwt('alice', ['read:keys'])
    await withKeysLocked(async () => {
      const { status, headers, body } = await app.ask('{ apiKeys { nodes { id } } }', {
        as,
        headers: { accept },
      })
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toBe('1')
      expect(body).toEqual({
        errors: [{ message: expect.any(String), extensions: { code: 'SERVICE_UNAVAILABLE' } }],
      })
    })
    expect((await app.ask('{ apiKeys { nodes { id } } }', { as })).status).toBe(200)
  })
})

it('no further mutation of an operation starts after the time limit', async () => {
  const as = await app.jwt('bob', ['write:keys', 'read:keys', 'read:users'])
  const create = (alias: string) =>
    `${alias}: createApiKey(input: { name: "${alias}", scopes: ["read:keys"] }) { apiKey { id } }`
  await withKeysLocked(async () => {
    const answer = await app.ask(`mutation { ${create('first')} ${create('second')} }`, { as })
    expect(answer.status).toBe(503)
  })
  // The first one was running and has finished or was cancelled; the second one must not start.
  await expect.poll(namesOfKeys).toEqual(['first'])
  await app.ask('{ viewer { subject } }', { as })
  expect(await namesOfKeys()).toEqual(['first'])
})

async function namesOfKeys(): Promise<string[]> {
  const rows = await app.sql`select name from latchkey.api_keys order by created_at`
  return rows.map(({ name }) => name)
}
