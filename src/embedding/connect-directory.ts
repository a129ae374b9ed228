import type { CredentialDirectory, MissingPepper } from '../credentials/directory.ts'
import { pepperFingerprint } from '../credentials/pepper-fingerprint.ts'
import { openDatabase } from '../db/database.ts'
import { schemaNames } from '../db/schema-names.ts'
import { type DirectoryLog, reportTroubleTo } from './log.ts'

export interface ConnectDirectoryOptions {
  /** The connection string (`postgres://…`) of a database that `migrate` or the server has migrated. */
  readonly url: string
  /** The schema with Latchkey's tables. Default `latchkey`. */
  readonly schema?: string
  /** The grant of a new user, created on the first JWT; `null`: no ceiling. Default `null`. */
  readonly defaultUserScopes?: readonly string[] | null
  /**
   * Receives a message when the database becomes unusable, with the cause (`warn`), and when it is usable
   * again (`info`). Default `console`.
   */
  readonly log?: DirectoryLog
}

export interface ConnectedDirectory extends CredentialDirectory {
  /**
   * Finds the peppers that keys are stored under and that are not in `peppers`. Use it to stop a start
   * with missing peppers; `createAuthenticator` only warns.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  findMissingPeppers(peppers: readonly string[]): Promise<readonly MissingPepper[]>
  /** Closes the connections. Queries under way have up to 5 seconds to finish. */
  close(): Promise<void>
}

/** Returns a directory of users and API keys in PostgreSQL. It connects when it is first used. */
export function connectDirectory(options: ConnectDirectoryOptions): ConnectedDirectory {
  const { url, defaultUserScopes = null, log = console } = options
  const onTrouble = reportTroubleTo(log)
  const schema = schemaNames(options.schema)
  const database = openDatabase({ url, schema, defaultUserScopes, connections: 2, onTrouble })
  return {
    ...database.directory,
    findMissingPeppers: (peppers) =>
      database.peppers.findMissing(peppers.map(pepperFingerprint), new Date()),
    close: () => database.close(),
  }
}
