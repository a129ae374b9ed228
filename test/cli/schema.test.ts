import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from './run.ts'

const sdl = 'type Query {\n  me: User\n}\n'
const printSchema = async () => sdl

test('prints the schema with any configuration', async () => {
  const environment = { NODE_ENV: 'production' }
  expect(await run(['schema'], { printSchema, environment })).toEqual({
    code: 0,
    out: sdl,
    err: '',
  })
})

test('--output writes it to a file', async () => {
  const file = path()
  expect(await run(['schema', '--output', file], { printSchema })).toMatchObject({
    code: 0,
    out: '',
  })
  expect(readFileSync(file, 'utf8')).toBe(sdl)
})

test('--check accepts the same text', async () => {
  const schemaFile = path()
  writeFileSync(schemaFile, sdl)
  expect((await run(['schema', '--check'], { printSchema, schemaFile })).code).toBe(0)
})

test.each([null, 'type Query\n'])('--check refuses %j and says how to repair it', async (kept) => {
  const schemaFile = path()
  if (kept !== null) writeFileSync(schemaFile, kept)
  const { code, err } = await run(['schema', '--check'], { printSchema, schemaFile })
  expect(code).toBe(1)
  expect(err).toContain('npx latchkey schema --output schema.graphql')
})

function path(): string {
  return join(mkdtempSync(join(tmpdir(), 'latchkey-')), 'schema.graphql')
}
