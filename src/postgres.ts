import type { CredentialDirectory } from './credentials/directory.ts'
import { openDatabase } from './db/database.ts'

export { type MigrateOptions, migrate } from './db/migrate.ts'

export interface ConnectDirectoryOptions {
  /** `postgres://…` of a database that `migrate` or the server has prepared. */
  readonly url: string
  /** What a user first seen in a JWT may hold at most; `null`: no ceiling. Default `null`. */
  readonly defaultUserScopes?: readonly string[] | null
}

export interface ConnectedDirectory extends CredentialDirectory {
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

/** Users and API keys in PostgreSQL, for `createAuthenticator`. Connects when first asked. */
export function connectDirectory(options: ConnectDirectoryOptions): ConnectedDirectory {
  const { url, defaultUserScopes = null } = options
  const database = openDatabase({ url, defaultUserScopes, connections: 2 })
  return { ...database.directory, close: () => database.close() }
}
