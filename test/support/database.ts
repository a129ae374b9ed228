import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'

export interface TestDatabase {
  readonly url: string
  /** Drops the database, also while clients are connected. */
  close(): Promise<void>
}

/** Creates a migrated, empty database for the caller alone. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('databaseTemplate'))
}

/** Creates a database without the schema latchkey. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0')
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `latchkey_${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name} template ${template}`)
  const url = new URL(inject('databaseServerUrl'))
  url.pathname = `/${name}`
  return { url: url.href, close: () => onServer(`drop database if exists ${name} with (force)`) }
}

async function onServer(statement: string): Promise<void> {
  const sql = postgres(inject('databaseServerUrl'), {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
  })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}
