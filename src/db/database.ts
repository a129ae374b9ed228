import type { Actor } from '../audit/actor.ts'
import type { AuditStore } from '../audit/store.ts'
import type { CredentialDirectory } from '../credentials/directory.ts'
import type { KeyEvents } from '../keys/key-events.ts'
import type { PepperStore } from '../keys/peppers.ts'
import type { KeyStore } from '../keys/store.ts'
import type { SessionStore } from '../sessions/store.ts'
import type { IssuerMerge, IssuerMergeResult } from '../users/merge.ts'
import type { UserStore } from '../users/store.ts'
import { createAuditStore } from './audit-store.ts'
import type { ConnectionSource } from './connection-string.ts'
import { createCredentialDirectory, prepareDirectory } from './credential-directory.ts'
import { startDeadline, startDeadlineUnlessAlive } from './deadline.ts'
import { type ConnectionRole, createDiagnosis, type Trouble } from './diagnosis.ts'
import { causeOfFailure } from './failures.ts'
import { createFreshness, type FreshnessState } from './freshness.ts'
import { createKeyStore } from './key-store.ts'
import type { LinkOptions } from './link.ts'
import { proveTransaction } from './lookups.ts'
import { findUnmergedAliases, mergeIssuer } from './merge-issuer.ts'
import { createPepperStore } from './pepper-store.ts'
import { createPool } from './pool.ts'
import type { PoolLinkOptions } from './pooled-links.ts'
import { KnownPrimary } from './proof.ts'
import { publishKeyChanges, publishUserChanges } from './publish-changes.ts'
import { createReplicaCheck } from './replica.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'
import { Semaphore } from './semaphore.ts'
import { createSessionStore } from './session-store.ts'
import { createAccess, type Transaction } from './transactions.ts'
import { countKeysOfOtherIssuers, type KeysOfIssuer } from './untrusted-keys.ts'
import { createUserStore } from './user-store.ts'

/** The stores of users, keys and the audit trail in PostgreSQL. */
export interface Database {
  readonly users: UserStore
  readonly keys: KeyStore
  readonly audit: AuditStore
  readonly peppers: PepperStore
  readonly sessions: SessionStore
  readonly directory: CredentialDirectory
  readonly keyEvents: KeyEvents
  /** Counts the active keys of users whose issuer is not in `trusted`, up to a bound. */
  keysOfOtherIssuers(trusted: readonly string[]): Promise<readonly KeysOfIssuer[]>
  /** Gives the users under an alias the canonical name of their issuer. */
  mergeIssuer(merge: IssuerMerge, by: Actor): Promise<IssuerMergeResult>
  /**
   * @throws ServiceUnavailableError within a second if the database does not answer, or the server is
   *   not a primary
   */
  ping(): Promise<void>
  /** Reports which proofs hold that this node receives every change. */
  freshness(): FreshnessState
  /** Closes the connections after the queries that are running, or after 5 seconds. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** The connection string of a migrated database. */
  readonly url: ConnectionSource
  /**
   * The URL of the connection that receives notifications, where `url` leads to a pooler. Default:
   * `url`.
   */
  readonly listenUrl?: ConnectionSource
  /**
   * The URL of a replica for lists and counts, which may lag. No decision depends on it. Default:
   * `url`.
   */
  readonly readUrl?: string
  /** The schema with the tables. Default: `latchkey`. */
  readonly schema?: SchemaNames
  /** The grant of users first seen in a JWT. `null`: no ceiling. */
  readonly defaultUserScopes: readonly string[] | null
  /** The maximum number of connections, in addition to 4 for authentication. Default: 10. */
  readonly connections?: number
  /** Called when a cause of failures begins and when it ends. Default: no call. */
  readonly onTrouble?: (trouble: Trouble) => void
}

/** Opens the stores. Connections are opened at the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const size = options.connections ?? 10
  const { url, readUrl = url, listenUrl = url, schema = standardSchema } = options
  const primary = new KnownPrimary()
  const observerOf = createObservers(options.onTrouble ?? (() => {}), schema)
  const admit: LinkOptions['admit'] = (survey) => void primary.observe(survey)

  const lookups = createPool({
    link: { ...linkDefaults, url, schema, applicationName: 'latchkey-authentication', admit },
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
      link: { ...linkDefaults, ...link, schema, applicationName: 'latchkey' },
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
    schema,
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
  const prove = (transaction: Transaction) => proveTransaction(transaction, primary, nodeId)
  const access = createAccess({ pool, replica: lists, semaphore: new Semaphore(size, 750), schema })

  return {
    users: publishUserChanges(createUserStore(access), publish),
    keys: publishKeyChanges(createKeyStore(access), publish),
    audit: createAuditStore(access),
    peppers: createPepperStore(access),
    sessions: createSessionStore(access, freshness.lookUp),
    directory: {
      ...createCredentialDirectory({
        lookUp: freshness.lookUp,
        access,
        prove,
        defaultUserScopes: options.defaultUserScopes,
        admissionTimeoutMs: lookupTimeoutMs,
        onGrantChanged: (userId) => publish({ kind: 'user', id: userId }),
      }),
      watch,
      findUnmergedAliases: (aliases) => findUnmergedAliases(access, aliases),
    },
    keyEvents: freshness.keyEvents,
    keysOfOtherIssuers: (trusted) => countKeysOfOtherIssuers(access, trusted),
    mergeIssuer: (merge, by) => mergeIssuer(access, merge, by),
    ping,
    freshness: freshness.state,
    async close() {
      await Promise.all([lookups.close(), pool.close(), replica?.close()])
    },
  }
}

/** Returns a function that returns the observer of the connections of a role. */
function createObservers(report: (trouble: Trouble) => void, schema: SchemaNames) {
  const diagnosis = createDiagnosis({ report, schema })
  return (connection: ConnectionRole) => ({
    failed: (error: unknown) => diagnosis.failed(connection, causeOfFailure(error), error),
    succeeded: () => diagnosis.succeeded(connection),
  })
}

/** The time limit for looking up a credential. Milliseconds. */
const lookupTimeoutMs = 900
const linkDefaults = { connectTimeout: 800, statementTimeout: 5000 } satisfies Partial<LinkOptions>
