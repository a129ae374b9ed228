import { afterAll, beforeAll, expect, test } from 'vitest'
import { withDatabase, withTargetMigrations } from '../../src/cli/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Run, run } from './run.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

function urlWith(parameters: Readonly<Record<string, string>>): string {
  const url = new URL(database.url)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

function command(
  words: readonly string[],
  url = urlWith({ channel_binding: 'require', schema: 'public' }),
): Promise<Run> {
  return run(words, {
    environment: { DATABASE_URL: url },
    withDatabase,
    withMigrations: withTargetMigrations,
    stopSignal: () => new Promise(() => {}),
  })
}

test.each([
  [['migrate']],
  [['migrate', '--status']],
  [['keys', 'peppers']],
  [['users', 'list']],
  [['audit']],
])('%j warns of settings of the connection string that have no effect', async (words) => {
  const { code, err } = await command(words)
  expect(code).toBe(0)
  const lines = err.split('\n').filter((line) => line.includes('warning'))
  expect(lines).toEqual([
    expect.stringMatching(/^latchkey: warning: DATABASE_URL ignores the parameters schema: /),
    expect.stringMatching(/^latchkey: warning: DATABASE_URL cannot meet channel_binding=require/),
  ])
})

test('a warning about --url names it, and there is none about a URL that is not used', async () => {
  const { err } = await command(['migrate', '--url', urlWith({ schema: 'public' })])
  expect(err).toMatch(/^latchkey: warning: --url ignores the parameters schema: [^\n]*\n$/)
})

test('there is no warning with --json, nor for a connection string without faults', async () => {
  expect((await command(['users', 'list', '--json'])).err).toBe('')
  expect((await command(['migrate'], database.url)).err).toBe('')
})
