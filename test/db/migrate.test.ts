import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'

const name = `latchkey_${randomBytes(6).toString('hex')}`
const server = new URL(inject('databaseServerUrl'))
const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
let admin: postgres.Sql
let sql: postgres.Sql

beforeAll(async () => {
  admin = postgres(server.href, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name}`)
  sql = postgres(url, { max: 1, onnotice: () => {} })
})

afterAll(async () => {
  await sql.end()
  await admin.unsafe(`drop database ${name} with (force)`)
  await admin.end()
})

test('ten processes that migrate an empty database at once leave it migrated once', async () => {
  const built = fileURLToPath(new URL('../../dist/db/migrate.js', import.meta.url))
  const script = `
    const { migrate } = await import(${JSON.stringify(built)})
    await migrate(${JSON.stringify(url)}, { log: console.log, onWait: () => {} })`
  const run = () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: '/' })
  const said = await Promise.all(Array.from({ length: 10 }, run))
  expect(said.map(({ stdout }) => stdout).join('')).toMatch(/^Applied \d+ database migrations\.\n$/)
  const applied = await sql`select hash from latchkey.migrations`
  expect(new Set(applied.map((row) => row.hash)).size).toBe(applied.length)
})

test('migrating again changes nothing and says nothing', async () => {
  const said: string[] = []
  await migrate(url, { log: (message) => said.push(message) })
  expect(said).toEqual([])
})

test('everything of ours is in the schema latchkey', async () => {
  const schemas = await sql`
    select distinct nspname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'`
  expect(schemas).toEqual([{ name: 'latchkey' }])
})
