import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { asFailure } from './failures.ts'

export interface MigrateOptions {
  /** Told in a sentence what was done. */
  readonly log?: (message: string) => void
}

/** Beside both `src` and `dist`. */
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

/** "latc", and what it is locked for; the partitions of the audit trail use 2 (see `drizzle/`). */
const migrationLock = [0x6c61_7463, 3] as const

/**
 * Brings the schema `latchkey` of the database at `url` up to date, and makes the audit trail's
 * partitions of the months to come. Any number of nodes may do so at once: one does the work, the
 * others wait for it.
 *
 * @throws ServiceUnavailableError when the database cannot be reached
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<void> {
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: 'latchkey-migrate' },
  })
  try {
    await sql`select pg_advisory_lock(${migrationLock[0]}, ${migrationLock[1]})`
    const before = await countApplied(sql)
    await applyMigrations(drizzle(sql), {
      migrationsFolder,
      migrationsSchema: 'latchkey',
      migrationsTable: 'migrations',
    })
    const applied = (await countApplied(sql)) - before
    await sql`select latchkey.ensure_audit_partitions(12)`
    if (applied > 0) {
      options.log?.(`Applied ${applied} database ${applied === 1 ? 'migration' : 'migrations'}.`)
    }
  } catch (error) {
    throw asFailure(error)
  } finally {
    // Ends the session, and with it the lock.
    await sql.end({ timeout: 5 })
  }
}

async function countApplied(sql: postgres.Sql): Promise<number> {
  const [found] = await sql`select to_regclass('latchkey.migrations') is not null as there`
  if (found?.there !== true) return 0
  const [row] = await sql`select count(*)::int as count from latchkey.migrations`
  return Number(row?.count)
}
