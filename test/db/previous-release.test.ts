import { readFileSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

/**
 * In a rolling upgrade the previous release serves on the schema that the new one has migrated. The
 * statements that it sends in a run through all of its stores, its start included, were recorded
 * (`previous-release/record.mjs`). This test sends them to the current schema.
 *
 * It shows that each statement still works and has the same effect. It does not cover statements that
 * the run does not reach, such as other combinations of filters.
 */
interface Statement {
  readonly text: string
  /** The parameters as SQL literals. */
  readonly parameters: readonly string[]
}

const statements: readonly Statement[] = JSON.parse(
  readFileSync(new URL('previous-release/statements.json', import.meta.url), 'utf8'),
)

let database: TestDatabase
let sql: postgres.Sql

beforeAll(async () => {
  database = await createTestDatabase()
  sql = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => {} })
})
afterAll(async () => {
  await sql.end()
  await database.close()
})

async function send({ text, parameters }: Statement): Promise<void> {
  if (parameters.length === 0) await sql.unsafe(text)
  else {
    await sql.unsafe(
      `prepare recorded as ${text}; execute recorded(${parameters.join(', ')}); deallocate recorded`,
    )
  }
}

test('every statement of the previous release works on the schema of this one', async () => {
  const userIds = statements.flatMap(({ text, parameters }) =>
    text.startsWith('delete from "latchkey"."users"') ? parameters : [],
  )
  await sql.unsafe(`alter table latchkey.users alter column id set default ${userIds[0]}`)

  for (const statement of statements) {
    await send(statement).catch((error: unknown) => {
      throw new Error(`${statement.text} failed`, { cause: error })
    })
  }

  const written = statements
    .filter(({ text }) => text.startsWith('insert into "latchkey"."audit_events"'))
    .map(({ parameters: [type] }) => type?.slice(1, -1))
  expect(written).toContain('api_key.rotated')
  const events = await sql`select type from latchkey.audit_events order by id`
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(written))
  expect(await sql`select subject, scopes from latchkey.users`).toEqual([
    { subject: 'ada', scopes: null },
  ])
  expect(await sql`select from latchkey.deleted_users`).toHaveLength(0)
})
