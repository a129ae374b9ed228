/**
 * `gap`: a migration is missing, although a later one is applied, or a column, although its migration is. `newer`: a newer version that this
 * one is not compatible with applied migrations. `behind`: migrations are pending. `absent`: no
 * migration is applied. `rights`: the role lacks rights that the server, or the migration, needs.
 */
export type SchemaFault = 'gap' | 'newer' | 'behind' | 'absent' | 'rights'

/** The schema cannot be used, or not by this role. `message` says what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly fault: SchemaFault

  constructor(fault: SchemaFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** The SQL of a migration failed. It was rolled back, and with it all migrations of the same run. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`The migration failed in ${file} and was rolled back: ${reason}`, options)
  }
}
