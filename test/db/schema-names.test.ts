import type postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { prepareDirectory } from '../../src/db/credential-directory.ts'
import { readMigrations, statementsOf } from '../../src/db/migrations/files.ts'
import { inSchema } from '../../src/db/migrations/in-schema.ts'
import { createNodeRow } from '../../src/db/node-row.ts'
import { queriesOn } from '../../src/db/queries.ts'
import { schemaNames, standardSchema } from '../../src/db/schema-names.ts'

const shipped = readMigrations(new URL('../../drizzle/', import.meta.url))
const auth = schemaNames('auth')

describe('the names of a schema', () => {
  it('are the same as before for the default schema', () => {
    expect(standardSchema).toMatchObject({
      name: 'latchkey',
      changeChannel: 'latchkey_changes',
      askChannel: 'latchkey_ask',
      answerChannel: 'latchkey_answers',
      migrateCommand: 'latchkey migrate',
    })
    expect([2, 3, 4].map(standardSchema.lockKey)).toEqual([
      [1818326115, 2],
      [1818326115, 3],
      [1818326115, 4],
    ])
  })

  it('are others for each other schema, and short enough for PostgreSQL', () => {
    const longest = schemaNames('x'.repeat(46))
    for (const names of [auth, longest, schemaNames('latchkey_'), schemaNames('_')]) {
      const { changeChannel, askChannel, answerChannel, counterSetting } = names
      const channels = [changeChannel, askChannel, answerChannel]
      expect(new Set([...channels, standardSchema.changeChannel]).size).toBe(4)
      for (const channel of channels) expect(Buffer.byteLength(channel)).toBeLessThan(64)
      expect(counterSetting).toMatch(/^latchkey\.[a-z_]+$/)
      const locks = [2, 3, 4].map((number) => names.lockKey(number)[1])
      expect(new Set(locks).size).toBe(3)
      for (const lock of locks) expect(lock > 15 && lock < 2 ** 31).toBe(true)
    }
  })

  it.each(['', 'Auth', 'a-b', '1a', 'a"b', "a'b", 'a.b', 'ä', 'x'.repeat(47), 'pg_auth', 'public'])(
    'cannot come from %j',
    (name) => {
      expect(() => schemaNames(name)).toThrow(/^The name of the schema must /)
    },
  )
})

describe('a migration', () => {
  it('is executed as it is in the default schema', () => {
    for (const { text } of shipped) expect(inSchema(text, standardSchema)).toBe(text)
  })

  it('names no object of the default schema in another', () => {
    for (const migration of shipped) {
      const text = statementsOf(migration, auth).join()
      const rest = [auth.changeChannel, auth.eventChannel, auth.counterSetting].reduce(
        (left, name) => left.replaceAll(name, ''),
        text,
      )
      expect(rest).not.toContain('latchkey')
      expect(rest).not.toContain('1818326115, 2')
      expect(text.replaceAll('"auth"', 'latchkey').length).toBeGreaterThan(0)
    }
  })

  it('that uses the word in an unknown way is not executed', () => {
    expect(() => inSchema("select 'latchkey'", auth)).toThrow(/cannot be replaced/)
    expect(() => inSchema('set latchkey_other.x = 1', auth)).toThrow(/cannot be replaced/)
  })
})

describe('the statements of queries', () => {
  /** A client that is never used. */
  const client = { options: { parsers: {}, serializers: {} } } as unknown as postgres.Sql
  const textsIn = (schema: typeof auth) =>
    Object.entries(prepareDirectory(queriesOn(client, schema), true)).flatMap(([, query]) =>
      typeof query === 'object' && 'getQuery' in query
        ? [(query.getQuery as () => { sql: string })().sql]
        : [],
    )

  it('differ in the qualifier of the tables alone', () => {
    const standard = textsIn(standardSchema)
    expect(standard).toHaveLength(4)
    expect(standard.join()).toContain('"latchkey"."users"')
    expect(textsIn(auth)).toEqual(standard.map((text) => text.replaceAll('"latchkey"', '"auth"')))
  })

  it('of the row of a node too', () => {
    expect(createNodeRow(standardSchema).sweep).toContain('"latchkey".nodes')
    expect(createNodeRow(auth).beat(1, 2000)).not.toContain('"latchkey"')
  })
})
