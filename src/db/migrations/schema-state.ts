import { type SchemaNames, standardSchema } from '../schema-names.ts'
import { SchemaError } from './errors.ts'
import type { Migration } from './files.ts'

/** A row of the table `migrations`. */
export interface AppliedMigration {
  readonly hash: string
  /** The name; `null` in a row that a version before 0006 wrote. */
  readonly name: string | null
  /** See {@link Migration.compatibleFrom}. */
  readonly compatibleFrom: string | null
}

/** A comparison of the schema of a database with the migrations that this version knows. */
export interface SchemaState {
  readonly schema: SchemaNames
  /** Known to this version and applied, the oldest first. */
  readonly applied: readonly Migration[]
  /** Known to this version, not applied, and later than all applied ones. */
  readonly pending: readonly Migration[]
  /** Known to this version and not applied, although a later one is. */
  readonly missing: readonly Migration[]
  /** Applied by a newer version, and unknown to this one. */
  readonly newer: readonly AppliedMigration[]
  /** The members of `newer` after which this version cannot use the schema. */
  readonly incompatible: readonly AppliedMigration[]
}

/**
 * Compares the known migrations with the rows of a database.
 *
 * @param known the migrations that this version knows, the oldest first
 */
export function compareSchema(
  known: readonly Migration[],
  rows: readonly AppliedMigration[],
  schema: SchemaNames = standardSchema,
): SchemaState {
  const knownHashes = new Set(known.map(({ hash }) => hash))
  const appliedHashes = new Set(rows.map(({ hash }) => hash))
  const isApplied = ({ hash }: Migration) => appliedHashes.has(hash)
  const newer = rows.filter(({ hash }) => !knownHashes.has(hash))
  const end = newer.length > 0 ? known.length : known.findLastIndex(isApplied) + 1
  return {
    schema,
    applied: known.filter(isApplied),
    pending: known.slice(end),
    missing: known.slice(0, end).filter((migration) => !isApplied(migration)),
    newer,
    incompatible: newer.filter(
      ({ compatibleFrom }) => compatibleFrom === null || !knownHashes.has(compatibleFrom),
    ),
  }
}

/**
 * Refuses a schema that migrating cannot make usable for this version.
 *
 * @throws SchemaError
 */
export function requireKnownSchema({ schema, missing, incompatible }: SchemaState): void {
  const { name: schemaName, migrateCommand } = schema
  if (incompatible.length > 0) {
    const names = incompatible.map(({ name, hash }) => name ?? `with hash ${hash.slice(0, 12)}`)
    throw new SchemaError(
      'newer',
      `A newer version of Latchkey applied ${migrations(names)} to this database, and does not declare this version compatible with the schema. Run that version or a later one; \`${migrateCommand} --status\` lists the migrations.`,
    )
  }
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `${name}.sql`)
    throw new SchemaError(
      'gap',
      `The database lacks ${migrations(names)}, although a later one is applied, so no version can use its schema. Restore it from a backup, or apply the file by hand and add its row to ${schemaName}.migrations; \`${migrateCommand} --status\` lists the migrations.`,
    )
  }
}

/** Refuses a schema that this version cannot use without migrating it. */
export function requireCurrentSchema(state: SchemaState): void {
  requireKnownSchema(state)
  if (state.applied.length === 0) throw noSchema(state.schema)
  if (state.pending.length > 0) {
    const names = state.pending.map(({ name }) => `${name}.sql`)
    throw new SchemaError(
      'behind',
      `The database lacks ${migrations(names)}: run \`${state.schema.migrateCommand}\` as a role that may change its schema.`,
    )
  }
}

function noSchema({ migrateCommand }: SchemaNames): SchemaError {
  return new SchemaError(
    'absent',
    `The database has no tables of Latchkey: run \`${migrateCommand}\` first.`,
  )
}

/** Returns the error for a statement that names a table or column which the database lacks. */
export function schemaTooOld({ migrateCommand }: SchemaNames): SchemaError {
  return new SchemaError(
    'behind',
    `The tables of Latchkey are missing or too old: run \`${migrateCommand}\` first.`,
  )
}

function migrations(names: readonly string[]): string {
  return `migration${names.length === 1 ? '' : 's'} ${names.join(', ')}`
}
