import type { CredentialDirectory, MissingPepper } from './credentials/directory.ts'
import { pepperFingerprint } from './credentials/pepper-fingerprint.ts'
import { openDatabase } from './db/database.ts'
import type { Trouble } from './db/diagnosis.ts'

export { type MigrateOptions, migrate } from './db/migrate.ts'

export interface ConnectDirectoryOptions {
  /** `postgres://…` of a database that `migrate` or the server has prepared. */
  readonly url: string
  /** What a user first seen in a JWT may hold at most; `null`: no ceiling. Default `null`. */
  readonly defaultUserScopes?: readonly string[] | null
  /**
   * Where it is told that the database cannot be used, and why: once when a cause begins (`warn`) and
   * once when it ends (`info`). Default `console`.
   */
  readonly log?: DirectoryLog
}

export interface DirectoryLog {
  warn(message: string): void
  info(message: string): void
}

export interface ConnectedDirectory extends CredentialDirectory {
  /**
   * The peppers that keys are stored under and that are not among `peppers`: for a start that is to fail
   * by it. `createAuthenticator` asks the same, and warns.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  findMissingPeppers(peppers: readonly string[]): Promise<readonly MissingPepper[]>
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

/** Users and API keys in PostgreSQL, for `createAuthenticator`. Connects when first asked. */
export function connectDirectory(options: ConnectDirectoryOptions): ConnectedDirectory {
  const { url, defaultUserScopes = null, log = console } = options
  const onTrouble = ({ kind, connection, message }: Trouble) => {
    const text = `Latchkey's ${connection} connection. ${message}`
    if (kind === 'begins') log.warn(text)
    else log.info(`${text} This is over.`)
  }
  const database = openDatabase({ url, defaultUserScopes, connections: 2, onTrouble })
  return {
    ...database.directory,
    findMissingPeppers: (peppers) =>
      database.peppers.findMissing(peppers.map(pepperFingerprint), new Date()),
    close: () => database.close(),
  }
}
