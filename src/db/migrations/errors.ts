/**
 * `gap`: a migration is missing before one that is applied. `newer`: applied by a version that this one
 * is not compatible with. `behind`, `absent`: not migrated, or not at all. `rights`: the role lacks
 * rights that the server, or the migration, needs.
 */
export type SchemaFault = 'gap' | 'newer' | 'behind' | 'absent' | 'rights'

/** The schema cannot be used as it is, or not by this role; `message` says what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly fault: SchemaFault

  constructor(fault: SchemaFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** The SQL of a migration failed. Nothing of it, or of those applied with it, is in the database. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`Migrating failed in ${file} and was undone: ${reason}`, options)
  }
}
