import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that all test files share. */
    databaseServerUrl: string
    /** The name of the migrated database from which the database of each test file is copied. */
    databaseTemplate: string
  }
}

/**
 * Provides one real PostgreSQL for the whole run: an embedded one in a temporary folder, or
 * `TEST_DATABASE_URL`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL
  const server = given === undefined ? await startThrowaway() : { url: given, stop: async () => {} }
  const template = `latchkey_template_${randomBytes(6).toString('hex')}`
  await onServer(server.url, (sql) => sql.unsafe(`create database ${template}`))
  const url = new URL(server.url)
  url.pathname = `/${template}`
  await migrate(url.href)
  project.provide('databaseServerUrl', server.url)
  project.provide('databaseTemplate', template)
  return async () => {
    if (given !== undefined) {
      await onServer(given, (sql) => sql.unsafe(`drop database ${template} with (force)`))
    }
    await server.stop()
  }
}

async function startThrowaway(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  // The account that runs PostgreSQL on behalf of root needs access.
  await chmod(dataDir, 0o755)
  const server = await startEmbeddedPostgres({
    dataDir,
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
    },
  })
  return {
    url: server.superuserUrl,
    stop: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function onServer(url: string, work: (sql: postgres.Sql) => PromiseLike<unknown>) {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  await work(sql)
  await sql.end()
}
