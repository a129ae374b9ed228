import type { CredentialDirectory } from '../credentials/directory.ts'
import type { KeyStore } from '../keys/store.ts'
import type { UserStore } from '../users/store.ts'
import { createCredentialDirectory, prepareDirectory } from './credential-directory.ts'
import { deadline, deadlineUnlessAlive } from './deadline.ts'
import { Gate } from './gate.ts'
import { createKeyStore } from './key-store.ts'
import type { LinkOptions } from './link.ts'
import { createPool } from './pool.ts'
import { createAccess } from './transactions.ts'
import { createUserStore } from './user-store.ts'

/** Users and keys in PostgreSQL. */
export interface Database {
  readonly users: UserStore
  readonly keys: KeyStore
  readonly directory: CredentialDirectory
  /** @throws ServiceUnavailableError within a second */
  ping(): Promise<void>
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Of a database that is migrated. */
  readonly url: string
  /** Of a replica for lists and counts; default: `url`. */
  readonly readUrl?: string
  /** Ceiling of users first seen in a JWT; `null`: none. */
  readonly defaultUserScopes: readonly string[] | null
  /** Connections at most, beside 4 for authentication. Default: 10. */
  readonly connections?: number
}

/** Connects when the first query comes. */
export function openDatabase(options: DatabaseOptions): Database {
  const size = options.connections ?? 10
  const lookups = createPool(
    { ...linkDefaults, url: options.url, applicationName: 'latchkey-authentication' },
    4,
    prepareDirectory,
    () => deadline(900),
  )
  const ping = () => lookups.run(async ({ ping }) => void (await ping()), { repeatable: true })

  const application = (url: string) =>
    createPool(
      { ...linkDefaults, url, applicationName: 'latchkey' },
      size,
      (queries) => queries,
      () => deadlineUnlessAlive(ping, 500, 10_000),
    )
  const pool = application(options.url)
  const replica = options.readUrl === undefined ? pool : application(options.readUrl)
  const access = createAccess(pool, replica, new Gate(size, 750))

  return {
    users: createUserStore(access),
    keys: createKeyStore(access),
    directory: createCredentialDirectory(lookups, access, options.defaultUserScopes),
    ping,
    async close() {
      await Promise.all([lookups.close(), pool.close(), replica === pool ? null : replica.close()])
    },
  }
}

const linkDefaults = { connectTimeout: 800, statementTimeout: 5000 } satisfies Partial<LinkOptions>
