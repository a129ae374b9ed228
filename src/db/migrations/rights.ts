import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import * as declared from '../tables.ts'
import { SchemaError } from './errors.ts'
import type { Session } from './session.ts'

/**
 * The tables on which the server needs fewer than all four rights. Cascades delete with the rights of
 * the owner.
 */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  migrations: ['SELECT'],
  audit_events: ['SELECT', 'INSERT'],
  api_keys: ['SELECT', 'INSERT', 'UPDATE'],
  api_key_scope_uses: ['SELECT', 'INSERT', 'UPDATE'],
}
const all = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

/** Returns the rights that the server needs on a table, by their SQL names. */
export function rightsOn(table: string): readonly string[] {
  return exceptions[table] ?? all
}

/** The tables that the queries of this version use. */
const usedTables = Object.values<unknown>(declared)
  .filter((value) => is(value, PgTable))
  .map((table) => getTableConfig(table).name)

/** Checks that the role has the rights that the server needs. */
export async function requireRights(session: Session): Promise<void> {
  const { name, quoted, migrateCommand } = session.schema
  const needed = usedTables.flatMap((table) => rightsOn(table).map((right) => [table, right]))
  const values = needed.map(([table, right]) => `('${table}', '${right}')`).join(', ')
  const missing = await session.query<{ role: string; table: string; right: string }>(`
    select current_user::text as role, needed.table, needed.right
    from (values ${values}) as needed ("table", "right")
      join pg_namespace on nspname = '${name}'
      join pg_class on relnamespace = pg_namespace.oid and relname = needed.table
    where not has_schema_privilege(pg_namespace.oid, 'usage')
      or not has_table_privilege(pg_class.oid, needed.right)
      or (needed.right = 'INSERT' and needed.table = 'audit_events'
        and not has_sequence_privilege('${quoted}.audit_events_id_seq', 'usage'))`)
  const [first] = missing
  if (first === undefined) return
  const list = missing.map(({ table, right }) => `${right} on ${name}.${table}`).join(', ')
  throw new SchemaError(
    'rights',
    `The role ${first.role} lacks rights that the server needs (${list}): run \`${migrateCommand} --grant ${first.role}\` as the role that owns the schema.`,
  )
}
