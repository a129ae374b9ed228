import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SchemaNames } from '../schema-names.ts'
import { inSchema } from './in-schema.ts'

/** One file of `drizzle/`. */
export interface Migration {
  /** The file's name without `.sql`. */
  readonly name: string
  /** SHA-256 of the file's text in hex, as Drizzle's migrator records it. */
  readonly hash: string
  /** The time at which the file was written, according to the journal. Milliseconds since the epoch. */
  readonly createdAt: number
  readonly text: string
  /**
   * The hash of the migration that a version must know to use the schema after this one; `null` if only
   * a version that knows this migration can use it.
   */
  readonly compatibleFrom: string | null
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[]
}

/** The first line of a migration after which versions that do not know it continue to work. */
const declaration = /^-- compatible-from: (\S+)\r?\n/

const separator = '--> statement-breakpoint'

/**
 * Reads the migrations in a folder, the oldest first.
 *
 * @param folder contains `meta/_journal.json` and the files that it names
 */
export function readMigrations(folder: URL): readonly Migration[] {
  const journal: Journal = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8'))
  const migrations: Migration[] = []
  for (const { tag: name, when: createdAt } of journal.entries) {
    const text = readFileSync(new URL(`${name}.sql`, folder), 'utf8')
    const hash = createHash('sha256').update(text).digest('hex')
    const oldest = declaration.exec(text)?.[1]
    const compatibleFrom = migrations.find((migration) => migration.name === oldest)?.hash ?? null
    if (oldest !== undefined && compatibleFrom === null) {
      throw new Error(`${fileURLToPath(folder)}${name}.sql names no earlier migration: ${oldest}.`)
    }
    migrations.push({ name, hash, createdAt, text, compatibleFrom })
  }
  return migrations
}

/** Returns the statements of a migration for `schema`. */
export function statementsOf({ text }: Migration, schema: SchemaNames): readonly string[] {
  return inSchema(text, schema).split(separator)
}
