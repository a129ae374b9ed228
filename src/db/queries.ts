import type { PgDialect } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import type { SchemaNames } from './schema-names.ts'
import { latchkey } from './tables.ts'

export type Queries = PostgresJsDatabase

/**
 * Returns queries over `client` that find the tables in `schema`. The tables are declared once, in the
 * default schema: the dialect writes the other name where it writes that of the declared schema. This
 * happens when a statement is built, so a prepared statement costs nothing more, and unlike `search_path`
 * it holds behind a pooler that runs each transaction on another session.
 */
export function queriesOn(client: postgres.Sql, schema: SchemaNames): Queries {
  const queries = drizzle({ client })
  if (schema.name === latchkey.schemaName) return queries
  const { dialect } = queries as unknown as { readonly dialect: PgDialect }
  const { escapeName } = dialect
  dialect.escapeName = (name) => escapeName(name === latchkey.schemaName ? schema.name : name)
  return queries
}
