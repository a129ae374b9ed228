/** No PostgreSQL for this platform came with the installation. */
export class EmbeddedUnavailableError extends Error {
  constructor(options?: ErrorOptions) {
    super(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} in this installation: set DATABASE_URL to a PostgreSQL 14 or later.`,
      options,
    )
    this.name = 'EmbeddedUnavailableError'
  }
}

/** Another living process runs the database of that folder. */
export class DataDirInUseError extends Error {
  readonly dataDir: string
  /** Process id of the holder, where it is known. */
  readonly holder: number | null

  constructor(dataDir: string, holder: number | null) {
    const who = holder === null ? 'another process' : `process ${holder}`
    super(
      `${dataDir} is in use by ${who}. Stop that one first${holder === null ? '' : ` (kill ${holder})`}, or give this one a folder of its own with DATA_DIR.`,
    )
    this.name = 'DataDirInUseError'
    this.dataDir = dataDir
    this.holder = holder
  }
}

/** The embedded PostgreSQL did not start; the message says why as far as is known. */
export class EmbeddedStartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedStartError'
  }
}
