import { SchemaError } from './errors.ts'
import type { Migration } from './files.ts'

/** A row of `latchkey.migrations`. */
export interface AppliedMigration {
  readonly hash: string
  /** `null` in a row that a version before 0006 wrote. */
  readonly name: string | null
  /** See {@link Migration.compatibleFrom}. */
  readonly compatibleFrom: string | null
}

/** How a database's schema compares with what this version knows. */
export interface SchemaState {
  /** Known here and applied, the oldest first. */
  readonly applied: readonly Migration[]
  /** Known here and not applied, after all that are applied. */
  readonly pending: readonly Migration[]
  /** Known here and not applied, although a later one is. */
  readonly missing: readonly Migration[]
  /** Applied by a version that knows more than this one. */
  readonly newer: readonly AppliedMigration[]
  /** Those of `newer` after which this version cannot use the schema. */
  readonly incompatible: readonly AppliedMigration[]
}

/** @param known by this version, the oldest first */
export function compareSchema(
  known: readonly Migration[],
  rows: readonly AppliedMigration[],
): SchemaState {
  const knownHashes = new Set(known.map(({ hash }) => hash))
  const appliedHashes = new Set(rows.map(({ hash }) => hash))
  const isApplied = ({ hash }: Migration) => appliedHashes.has(hash)
  const newer = rows.filter(({ hash }) => !knownHashes.has(hash))
  const end = newer.length > 0 ? known.length : known.findLastIndex(isApplied) + 1
  return {
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
export function requireKnownSchema({ missing, incompatible }: SchemaState): void {
  if (incompatible.length > 0) {
    const names = incompatible.map(({ name, hash }) => name ?? `with hash ${hash.slice(0, 12)}`)
    throw new SchemaError(
      'newer',
      `A newer version of Latchkey applied ${migrations(names)} to this database, and does not declare that this version can use the schema since. Run that version or a later one; \`latchkey migrate --status\` lists the migrations.`,
    )
  }
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `${name}.sql`)
    throw new SchemaError(
      'gap',
      `The database lacks ${migrations(names)}, although a later one is applied, so its schema is that of no version. Restore it from a backup, or apply the file by hand and add its row to latchkey.migrations; \`latchkey migrate --status\` lists the migrations.`,
    )
  }
}

/**
 * Refuses a schema that this version cannot use as it is.
 *
 * @throws SchemaError
 */
export function requireCurrentSchema(state: SchemaState): void {
  requireKnownSchema(state)
  if (state.applied.length === 0) throw noSchema()
  if (state.pending.length > 0) {
    const names = state.pending.map(({ name }) => `${name}.sql`)
    throw new SchemaError(
      'behind',
      `The database lacks ${migrations(names)}: run \`latchkey migrate\` as a role that may change its schema.`,
    )
  }
}

export function noSchema(): SchemaError {
  return new SchemaError(
    'absent',
    'The database has no tables of Latchkey: run `latchkey migrate` first.',
  )
}

function migrations(names: readonly string[]): string {
  return `migration${names.length === 1 ? '' : 's'} ${names.join(', ')}`
}
