import { codeOf, insufficientPrivilege } from '../connection/errors.ts'
import { asFailure } from '../failures.ts'
import type { SchemaNames } from '../schema-names.ts'
import { readRecord, readSchemaState } from './applied.ts'
import { MigrationError, SchemaError } from './errors.ts'
import { type Migration, statementsOf } from './files.ts'
import { requireKnownSchema } from './schema-state.ts'
import type { Session } from './session.ts'

/**
 * The settings of the transaction that migrates. A file may take long. A wait for a lock on a table may
 * not, because every query of the server then waits behind it. Names that a file does not qualify
 * belong to PostgreSQL.
 */
const settings = `
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local lock_timeout = '2s';
  set local search_path = pg_catalog, pg_temp`

/**
 * The table as Drizzle's migrator creates it, so that databases which that migrator has migrated can be
 * used.
 */
const recordTable = ({ quoted }: SchemaNames) => `create table ${quoted}.migrations
  (id serial primary key, hash text not null, created_at bigint)`

/**
 * Applies the pending migrations in the current transaction of `session`.
 *
 * @returns the migrations that were applied
 * @throws SchemaError, MigrationError
 */
export async function applyPending(
  session: Session,
  known: readonly Migration[],
): Promise<readonly Migration[]> {
  const state = await readSchemaState(session, known)
  requireKnownSchema(state)
  const { pending } = state
  if (pending.length === 0) return []
  await session.query(settings)
  await prepareRecord(session)
  for (const migration of pending) await apply(session, migration)
  await describe(session, known)
  return pending
}

async function prepareRecord(session: Session): Promise<void> {
  const { schema } = session
  const record = await readRecord(session)
  try {
    if (!record?.schema) await session.query(`create schema ${schema.quoted}`)
    if (!record?.table) await session.query(recordTable(schema))
  } catch (error) {
    throw asMigrationFailure(error, `the schema ${schema.name}`, schema)
  }
}

async function apply(session: Session, migration: Migration): Promise<void> {
  const { schema } = session
  try {
    for (const statement of statementsOf(migration, schema)) await session.query(statement)
    await session.query(
      `insert into ${schema.quoted}.migrations (hash, created_at) values ($1, $2)`,
      [migration.hash, migration.createdAt],
    )
  } catch (error) {
    throw asMigrationFailure(error, `${migration.name}.sql`, schema)
  }
}

/**
 * Writes the name and `compatible_from` into rows that lack them, also into those of migrations before
 * 0006.
 */
async function describe(session: Session, known: readonly Migration[]): Promise<void> {
  for (const { name, compatibleFrom, hash } of known) {
    await session.query(
      `update ${session.schema.quoted}.migrations set name = $1, compatible_from = $2
        where hash = $3 and name is null`,
      [name, compatibleFrom, hash],
    )
  }
}

function asMigrationFailure(
  error: unknown,
  what: string,
  { name, migrateCommand }: SchemaNames,
): unknown {
  if (codeOf(error) === insufficientPrivilege) {
    return new SchemaError(
      'rights',
      `The role may not change the schema (${what}: ${messageOf(error)}). Run \`${migrateCommand}\` as the role that owns the schema ${name}, or that may create it.`,
      { cause: error },
    )
  }
  const isRefusedByServer = error instanceof Error && error.name === 'PostgresError'
  return isRefusedByServer && asFailure(error) === error
    ? new MigrationError(what, messageOf(error), { cause: error })
    : error
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure'
}
