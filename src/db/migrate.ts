import { makePartitions, mayMakePartitions } from './audit-partitions.ts'
import { changeTriggers } from './change-triggers.ts'
import type { ConnectionSource } from './connection-string.ts'
import { asFailure } from './failures.ts'
import { readSchemaState } from './migrations/applied.ts'
import { applyPending } from './migrations/apply.ts'
import { requireColumns } from './migrations/columns.ts'
import { type Migration, readMigrations } from './migrations/files.ts'
import { withMigrationLock } from './migrations/lock.ts'
import { requireRights } from './migrations/rights.ts'
import { type GrantedRole, grantRunTimeRole } from './migrations/run-time-role.ts'
import {
  requireCurrentSchema,
  requireKnownSchema,
  type SchemaState,
} from './migrations/schema-state.ts'
import { openSession, type Session } from './migrations/session.ts'
import { type SchemaNames, schemaNames } from './schema-names.ts'

export interface MigrateOptions {
  /**
   * The schema with Latchkey's tables: 1 to 46 lower-case letters, digits and `_`, not one that PostgreSQL
   * reserves, and not `public`. It is created if it does not exist. Default: `latchkey`.
   */
  readonly schema?: string
  /** Receives a sentence about each completed step. */
  readonly log?: (message: string) => void
  /** Receives a sentence about each wait. Default: `log`. */
  readonly onWait?: (message: string) => void
  /** Cancels waiting and migrating at once; no migration is applied then. */
  readonly signal?: AbortSignal
}

/**
 * The folder next to both `src` and `dist`. The files of the bundled commands are as deep as this one.
 */
const shippedFolder = new URL('../../drizzle/', import.meta.url)

/**
 * Brings Latchkey's tables in the database at `url` up to date, and creates the partitions of the
 * audit trail for the next months. Any number of processes may call this at once: one migrates, the
 * others wait for it. Either all pending migrations are applied, or none. If the schema is up to date,
 * no step needs a right to change it.
 *
 * @throws TypeError if the name of the schema is not valid
 * @throws ServiceUnavailableError if the database cannot be reached
 * @throws SchemaError if this version neither knows the schema nor is compatible with it, or the role
 *   lacks rights
 * @throws MigrationError if a migration fails
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<void> {
  await withMigrations(url, options, async ({ apply }) => {
    await apply()
  })
}

/**
 * Checks that this version can serve on the present schema, without changing it.
 *
 * @throws ServiceUnavailableError, SchemaError
 */
export async function verifySchema(url: string, options: MigrateOptions = {}): Promise<void> {
  await withMigrations(url, options, ({ verify }) => verify())
}

/** The migrations of one database. */
export interface Migrations {
  readState(): Promise<SchemaState>
  /** Throws a SchemaError if this version, or this role, cannot serve on the present schema. */
  verify(): Promise<void>
  /** Applies the pending migrations and returns them. */
  apply(): Promise<readonly Migration[]>
  /** Grants a role the rights that the server needs. Creates the role if it does not exist. */
  grant(role: string): Promise<GrantedRole>
}

/** Connects to the database at `url` while `use` runs. */
export async function withMigrations<T>(
  url: ConnectionSource,
  { schema: schemaName, log = () => {}, onWait = log, signal }: MigrateOptions,
  use: (migrations: Migrations) => Promise<T>,
): Promise<T> {
  const known = readMigrations(shippedFolder)
  const schema = schemaNames(schemaName)
  const session = openSession({ url, schema, applicationName: 'latchkey-migrate', signal })
  const readState = () => readSchemaState(session, known)
  const locked = <U>(work: () => Promise<U>) => withMigrationLock(session, { onWait, signal }, work)

  async function apply(): Promise<readonly Migration[]> {
    const before = await readState()
    requireKnownSchema(before)
    const applied =
      before.pending.length === 0 ? [] : await locked(() => applyPending(session, known))
    if (applied.length > 0) {
      log(`Applied ${applied.length} database migration${applied.length === 1 ? '' : 's'}.`)
    }
    if (await hasWeakTriggers(session)) {
      await locked(() => enableChangeTriggers(session))
      log('Enabled the triggers that send notifications of changes.')
    }
    await ensurePartitions(session)
    return applied
  }

  try {
    return await use({
      readState,
      async verify() {
        requireCurrentSchema(await readState())
        await requireRights(session)
        await requireColumns(session)
      },
      apply,
      grant: (role) => locked(() => grantRunTimeRole(session, role)),
    })
  } catch (error) {
    throw asFailure(error)
  } finally {
    await session.close()
  }
}

/**
 * Finds change triggers that do not always fire. `ENABLE TRIGGER` and a restore of data alone leave
 * them behind.
 */
const weakTriggers = ({ quoted }: SchemaNames) => `select relname as table, tgname as trigger
  from pg_trigger join pg_class on pg_class.oid = tgrelid
  where relnamespace = '${quoted}'::regnamespace and tgenabled <> 'A'
    and pg_has_role(relowner, 'usage')
    and tgname in (${changeTriggers.map((name) => `'${name}'`).join(', ')})`

async function hasWeakTriggers(session: Session): Promise<boolean> {
  return (await session.query(weakTriggers(session.schema))).length > 0
}

/** Makes the change triggers fire for replicating sessions too. */
async function enableChangeTriggers(session: Session): Promise<void> {
  const weak = await session.query<{ table: string; trigger: string }>(weakTriggers(session.schema))
  for (const { table, trigger } of weak) {
    await session.query(
      `alter table ${session.schema.quoted}.${table} enable always trigger ${trigger}`,
    )
  }
}

async function ensurePartitions(session: Session): Promise<void> {
  const [row] = await session.query<{ may: boolean }>(mayMakePartitions(session.schema))
  if (row?.may === true) await session.query(makePartitions(session.schema))
}
