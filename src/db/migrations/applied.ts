import type { SchemaNames } from '../schema-names.ts'
import { SchemaError } from './errors.ts'
import type { Migration } from './files.ts'
import { type AppliedMigration, compareSchema, type SchemaState } from './schema-state.ts'
import type { Session } from './session.ts'

/** The record of migrations in a database. */
interface Record {
  readonly schema: boolean
  readonly table: boolean
  /** Whether its rows have names, as they do since migration 0006. */
  readonly names: boolean
  readonly readable: boolean
  readonly role: string
}

/**
 * Reads which migrations are applied.
 *
 * @throws SchemaError if the role may not read the table `migrations`
 */
export async function readSchemaState(
  session: Session,
  known: readonly Migration[],
): Promise<SchemaState> {
  return compareSchema(known, await readApplied(session), session.schema)
}

async function readApplied(session: Session): Promise<readonly AppliedMigration[]> {
  const record = await readRecord(session)
  if (!record?.table) return []
  if (!record.readable) throw mayNotRead(record.role, session.schema)
  const columns = record.names
    ? 'name, compatible_from as "compatibleFrom"'
    : 'null as name, null as "compatibleFrom"'
  return await session.query<AppliedMigration>(
    `select hash, ${columns} from ${session.schema.quoted}.migrations order by created_at, id`,
  )
}

/**
 * Reads the system catalogues, which every role may read. Thus a table that does not exist is
 * distinguished from one that this role may not read.
 */
export async function readRecord(session: Session): Promise<Record | undefined> {
  const [record] = await session.query<Record>(`
    select namespace.oid is not null as schema, class.oid is not null as table,
      exists (
        select from pg_attribute where attrelid = class.oid and attname = 'compatible_from'
          and not attisdropped
      ) as names,
      coalesce(
        has_schema_privilege(namespace.oid, 'usage') and has_table_privilege(class.oid, 'select'),
        false
      ) as readable,
      current_user::text as role
    from (values (1)) as one
      left join pg_namespace as namespace on nspname = '${session.schema.name}'
      left join pg_class as class on relnamespace = namespace.oid and relname = 'migrations'`)
  return record
}

function mayNotRead(role: string, { name, migrateCommand }: SchemaNames): SchemaError {
  return new SchemaError(
    'rights',
    `The role ${role} may not read ${name}.migrations: run \`${migrateCommand} --grant ${role}\` as the role that owns the schema.`,
  )
}
