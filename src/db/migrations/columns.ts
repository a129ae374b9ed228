import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import * as declared from '../tables.ts'
import { SchemaError } from './errors.ts'
import type { Session } from './session.ts'

const declaredColumns = Object.values<unknown>(declared)
  .filter((value) => is(value, PgTable))
  .map((table) => getTableConfig(table))
  .flatMap(({ name, columns }) => columns.map((column) => [name, column.name] as const))

/**
 * Checks that the tables have the columns that the queries of this version use. The applied migrations
 * created them, so a missing one was removed by hand or lost in a restore.
 *
 * @throws SchemaError
 */
export async function requireColumns(session: Session): Promise<void> {
  const { name, migrateCommand } = session.schema
  const values = declaredColumns.map(([table, column]) => `('${table}', '${column}')`).join(', ')
  const missing = await session.query<{ table: string; column: string }>(`
    select declared.table, declared.column from (values ${values}) as declared ("table", "column")
    where not exists (
      select from pg_attribute
        join pg_class on pg_class.oid = attrelid
        join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = '${name}' and relname = declared.table and attname = declared.column
        and not attisdropped
    )`)
  if (missing.length === 0) return
  const list = missing.map(({ table, column }) => `${name}.${table}.${column}`).join(', ')
  throw new SchemaError(
    'gap',
    `The database lacks columns, although the migrations that create them are applied: ${list}. Restore them from a backup; \`${migrateCommand} --status\` lists the migrations.`,
  )
}
