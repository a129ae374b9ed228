import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Migration, readMigrations } from '../../src/db/migrations/files.ts'
import {
  compareSchema,
  requireCurrentSchema,
  requireKnownSchema,
} from '../../src/db/migrations/schema-state.ts'

const known = ['a', 'b', 'c'].map(
  (name): Migration => ({
    name,
    hash: `hash of ${name}`,
    createdAt: 0,
    text: '',
    compatibleFrom: null,
  }),
)
const row = (name: string, compatibleFrom: string | null = null) => ({
  hash: `hash of ${name}`,
  name,
  compatibleFrom: compatibleFrom && `hash of ${compatibleFrom}`,
})
const state = (...rows: ReturnType<typeof row>[]) => compareSchema(known, rows)
const names = (list: readonly { readonly name: string | null }[]) => list.map(({ name }) => name)

describe('a schema', () => {
  test('that has all migrations of this version is up to date', () => {
    expect(() => requireCurrentSchema(state(row('a'), row('b'), row('c')))).not.toThrow()
  })

  test('whose latest migrations are missing is behind', () => {
    const behind = state(row('a'))
    expect(names(behind.pending)).toEqual(['b', 'c'])
    expect(() => requireKnownSchema(behind)).not.toThrow()
    expect(() => requireCurrentSchema(behind)).toThrow(
      /lacks migrations b\.sql, c\.sql: run `latchkey migrate`/,
    )
  })

  test('that has no migration is absent', () => {
    expect(() => requireCurrentSchema(state())).toThrow(/no tables .* run `latchkey migrate`/)
  })

  test('that lacks a migration before one that is applied has a gap, which names the file', () => {
    const gap = state(row('a'), row('c'))
    expect([names(gap.missing), names(gap.pending)]).toEqual([['b'], []])
    expect(() => requireKnownSchema(gap)).toThrow(
      /lacks migration b\.sql,.*`latchkey migrate --status`/,
    )
  })

  test('that lacks the last migration, while a newer version applied one, has a gap too', () => {
    expect(names(state(row('a'), row('b'), row('d', 'c')).missing)).toEqual(['c'])
  })

  test('of a newer version is refused unless that version declares it compatible', () => {
    const rows = [row('a'), row('b'), row('c')]
    expect(() => requireKnownSchema(state(...rows, row('d')))).toThrow(
      /newer version of Latchkey applied migration d .*`latchkey migrate --status`/,
    )
    expect(() => requireCurrentSchema(state(...rows, row('d', 'c')))).not.toThrow()
    expect(() => requireCurrentSchema(state(...rows, row('d', 'a')))).not.toThrow()
  })

  test('of a newer version is refused where any of its migrations is not compatible', () => {
    const rows = [row('a'), row('b'), row('c')]
    const mixed = state(...rows, row('d', 'c'), row('e', 'd'), row('f', 'b'))
    expect(names(mixed.incompatible)).toEqual(['e'])
    expect(() => requireKnownSchema(mixed)).toThrow(/applied migration e /)
  })
})

describe('the files', () => {
  function folder(files: Readonly<Record<string, string>>): URL {
    const path = mkdtempSync(join(tmpdir(), 'latchkey-migrations-'))
    mkdirSync(join(path, 'meta'))
    const entries = Object.keys(files).map((tag, when) => ({ tag, when }))
    writeFileSync(join(path, 'meta', '_journal.json'), JSON.stringify({ entries }))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, `${name}.sql`), text)
    return pathToFileURL(`${path}/`)
  }

  test('are known by the SHA-256 of their text, as Drizzle records it', () => {
    const [first] = readMigrations(folder({ '0000_a': 'select 1;\n' }))
    expect(first?.hash).toBe('4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c')
  })

  test('declare in their first line the oldest version that can use the schema', () => {
    const read = readMigrations(
      folder({
        '0000_a': 'select 1;',
        '0001_b': '-- compatible-from: 0000_a\nselect 1;',
        '0002_c': 'select 1;\n-- compatible-from: 0000_a\n',
      }),
    )
    expect(read.map(({ compatibleFrom }) => compatibleFrom)).toEqual([null, read[0]?.hash, null])
  })

  test('that declare compatibility with an unknown migration are a fault', () => {
    for (const named of ['0002_c', '0001_b', 'b']) {
      const files = {
        '0000_a': '',
        '0001_b': `-- compatible-from: ${named}\n`,
        '0002_c': '',
      }
      expect(() => readMigrations(folder(files))).toThrow(/0001_b\.sql names no earlier migration/)
    }
  })
})
