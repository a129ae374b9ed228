import type { AuditStore } from '../audit/store.ts'
import type { Change, ChangeListener } from '../credentials/changes.ts'
import type { CredentialDirectory } from '../credentials/directory.ts'
import type { KeyStore } from '../keys/store.ts'
import type { UserStore } from '../users/store.ts'
import { announcedKeys, announcedUsers } from './announced.ts'
import { createAuditStore } from './audit-store.ts'
import { watchChanges } from './change-feed.ts'
import { createCredentialDirectory, prepareDirectory } from './credential-directory.ts'
import { deadline, deadlineUnlessAlive } from './deadline.ts'
import { Gate } from './gate.ts'
import { createKeyStore } from './key-store.ts'
import type { LinkOptions } from './link.ts'
import { createPool } from './pool.ts'
import { createAccess } from './transactions.ts'
import { createUserStore } from './user-store.ts'

/** Users, keys and the audit trail in PostgreSQL. */
export interface Database {
  readonly users: UserStore
  readonly keys: KeyStore
  readonly audit: AuditStore
  readonly directory: CredentialDirectory
  /** @throws ServiceUnavailableError within a second */
  ping(): Promise<void>
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Of a database that is migrated. */
  readonly url: string
  /** Where notifications are heard, for a `url` that is a transaction pooler; default: `url`. */
  readonly listenUrl?: string
  /** Of a replica for lists and counts, which may be behind; nothing is decided by it. Default: `url`. */
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
  const { url, readUrl = url } = options
  const replica = readUrl === url ? pool : application(readUrl)
  const access = createAccess(pool, replica, new Gate(size, 750))

  const listeners = new Set<ChangeListener>()
  const tell = (change: Change) => {
    for (const listener of listeners) listener.changed(change)
  }

  return {
    users: announcedUsers(createUserStore(access), tell),
    keys: announcedKeys(createKeyStore(access), tell),
    audit: createAuditStore(access),
    directory: {
      ...createCredentialDirectory(lookups, access, options.defaultUserScopes, (userId) =>
        tell({ kind: 'user', id: userId }),
      ),
      watch(listener, maxSilence) {
        listeners.add(listener)
        const feed = watchChanges({
          url: options.listenUrl ?? options.url,
          listener,
          maxSilence,
        })
        return {
          async close() {
            listeners.delete(listener)
            await feed.close()
          },
        }
      },
    },
    ping,
    async close() {
      await Promise.all([lookups.close(), pool.close(), replica === pool ? null : replica.close()])
    },
  }
}

const linkDefaults = { connectTimeout: 800, statementTimeout: 5000 } satisfies Partial<LinkOptions>
