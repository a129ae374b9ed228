import type { AuditStore } from '../audit/store.ts'
import type { CredentialDirectory } from '../credentials/directory.ts'
import type { PepperStore } from '../keys/peppers.ts'
import type { KeyStore } from '../keys/store.ts'
import type { UserStore } from '../users/store.ts'
import { createAuditStore } from './audit-store.ts'
import { createCredentialDirectory, prepareDirectory } from './credential-directory.ts'
import { startDeadline, startDeadlineUnlessAlive } from './deadline.ts'
import { type ConnectionRole, createDiagnosis, type Trouble } from './diagnosis.ts'
import { causeOfFailure } from './failures.ts'
import { createFreshness, type FreshnessState } from './freshness.ts'
import { createKeyStore } from './key-store.ts'
import type { LinkOptions } from './link.ts'
import { proveTransaction } from './lookups.ts'
import { createPepperStore } from './pepper-store.ts'
import { createPool } from './pool.ts'
import type { PoolLinkOptions } from './pooled-links.ts'
import { KnownPrimary } from './proof.ts'
import { publishKeyChanges, publishUserChanges } from './publish-changes.ts'
import { createReplicaCheck } from './replica.ts'
import { Semaphore } from './semaphore.ts'
import { createAccess } from './transactions.ts'
import { countKeysOfOtherIssuers, type KeysOfIssuer } from './untrusted-keys.ts'
import { createUserStore } from './user-store.ts'

/** Users, keys and the audit trail in PostgreSQL. */
export interface Database {
  readonly users: UserStore
  readonly keys: KeyStore
  readonly audit: AuditStore
  readonly peppers: PepperStore
  readonly directory: CredentialDirectory
  /** The active keys of users whose issuer is not in `trusted`, counted up to a bound. */
  keysOfOtherIssuers(trusted: readonly string[]): Promise<readonly KeysOfIssuer[]>
  /** @throws ServiceUnavailableError within a second, also where the server is no primary */
  ping(): Promise<void>
  /** How far it is proven that changes reach this node. */
  freshness(): FreshnessState
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Of a database that is migrated. */
  readonly url: string
  /** Where notifications are heard, for a `url` that is a pooler; default: `url`. */
  readonly listenUrl?: string
  /** Of a replica for lists and counts, which may be behind; nothing is decided by it. Default: `url`. */
  readonly readUrl?: string
  /** Ceiling of users first seen in a JWT; `null`: none. */
  readonly defaultUserScopes: readonly string[] | null
  /** Connections at most, beside 4 for authentication. Default: 10. */
  readonly connections?: number
  /** Called when a cause of failures begins and when it ends. Default: nothing is. */
  readonly onTrouble?: (trouble: Trouble) => void
}

/** Connects when the first query comes. */
export function openDatabase(options: DatabaseOptions): Database {
  const size = options.connections ?? 10
  const { url, readUrl = url, listenUrl = url } = options
  const primary = new KnownPrimary()
  const diagnosis = createDiagnosis({ report: options.onTrouble ?? (() => {}) })
  const observerOf = (connection: ConnectionRole) => ({
    failed: (error: unknown) => diagnosis.failed(connection, causeOfFailure(error), error),
    succeeded: () => diagnosis.succeeded(connection),
  })
  const admit: LinkOptions['admit'] = (survey) => void primary.observe(survey)

  const lookups = createPool({
    link: { ...linkDefaults, url, applicationName: 'latchkey-authentication', admit },
    size: 4,
    prepare: prepareDirectory,
    startDeadline: () => startDeadline(lookupTimeoutMs),
    observer: observerOf('authentication'),
  })
  const ping = () =>
    lookups.run(async (prepared) => void primary.observe(await prepared.ping()), {
      repeatable: true,
    })

  const application = (link: Pick<PoolLinkOptions, 'url' | 'admit'>, role: ConnectionRole) =>
    createPool({
      link: { ...linkDefaults, ...link, applicationName: 'latchkey' },
      size,
      prepare: (queries) => queries,
      startDeadline: () => startDeadlineUnlessAlive(ping, 500, 10_000),
      observer: observerOf(role),
    })
  const pool = application({ url, admit }, 'application')
  const replica = readUrl === url ? null : application({ url: readUrl }, 'replica')

  const freshness = createFreshness({
    lookups,
    primary,
    listenUrl,
    observer: observerOf('listening'),
  })
  const { publish, watch, nodeId } = freshness
  const lists = replica && {
    pool: replica,
    isFit: createReplicaCheck({
      pool: replica,
      primary,
      nodeId,
      onUnfit: observerOf('replica').failed,
    }),
  }
  const access = createAccess(pool, lists, new Semaphore(size, 750))

  return {
    users: publishUserChanges(createUserStore(access), publish),
    keys: publishKeyChanges(createKeyStore(access), publish),
    audit: createAuditStore(access),
    peppers: createPepperStore(access),
    directory: {
      ...createCredentialDirectory({
        lookUp: freshness.lookUp,
        access,
        prove: (transaction) => proveTransaction(transaction, primary, nodeId),
        defaultUserScopes: options.defaultUserScopes,
        admissionTimeoutMs: lookupTimeoutMs,
        onGrantChanged: (userId) => publish({ kind: 'user', id: userId }),
      }),
      watch,
    },
    keysOfOtherIssuers: (trusted) => countKeysOfOtherIssuers(access, trusted),
    ping,
    freshness: freshness.state,
    async close() {
      await Promise.all([lookups.close(), pool.close(), replica?.close()])
    },
  }
}

/** For a credential to be looked up. */
const lookupTimeoutMs = 900
const linkDefaults = { connectTimeout: 800, statementTimeout: 5000 } satisfies Partial<LinkOptions>
