import {
  type ClosableAuthenticator,
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from '../credentials/create-authenticator.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { presentedTokenOf } from '../credentials/presented-token.ts'
import type { Database } from '../db/database.ts'
import { createKeyChangeStreams, type KeyChangeStreams } from '../keys/change-streams.ts'
import type { KeyService } from '../keys/keys.ts'
import { createPredictor, type Predictor } from '../keys/predictor.ts'
import { fillHealth, sweepDeadSecrets } from '../keys/sweeper.ts'
import type { Logger } from '../log.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { liveAt } from '../sessions/session.ts'
import { createUserService, type UserService } from '../users/users.ts'
import { checkIssuerSpelling } from './issuer-spelling.ts'
import { assembleKeyService, type KeySettings } from './key-service.ts'
import type { SessionOptions } from './options.ts'
import { warnOfUntrustedKeys } from './untrusted-keys.ts'
import { startUpkeep } from './upkeep.ts'

export interface DomainSettings {
  readonly database: Pick<
    Database,
    'directory' | 'users' | 'keys' | 'keyEvents' | 'audit' | 'sessions' | 'keysOfOtherIssuers'
  >
  readonly catalogue: ScopeCatalogue
  readonly issuers: readonly IssuerSettings[]
  /** The sign-in of an application. Default: none. */
  readonly session?: SessionOptions | null
  /**
   * Whether the issuers are those that people configured: then their spelling is checked, and keys of users
   * of other issuers are reported.
   */
  readonly checksIssuers: boolean
  readonly keys: KeySettings
  /** The grant of a new user; `null`: no ceiling. */
  readonly defaultUserScopes: readonly string[] | null
  /** Further settings of the authenticator. */
  readonly authentication: Omit<CreateAuthenticatorOptions, 'issuers' | 'directory' | 'now'>
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface DomainServices {
  readonly authenticator: ClosableAuthenticator
  readonly keys: KeyService
  readonly users: UserService
  readonly predictor: Predictor
  readonly keyChanges: KeyChangeStreams
}

/**
 * Creates the authenticator and the services of users and keys on an open database, and starts the upkeep
 * tasks. Adds functions that close them to `opened`. Failures that no request reports are logged.
 */
export async function startDomainServices(
  settings: DomainSettings,
  opened: (() => Promise<void>)[],
): Promise<DomainServices> {
  const { database, catalogue, issuers, session = null, log, now } = settings
  // The first is the default for new users: an application signs in most of its users itself.
  const named = session === null ? issuers : [session, ...issuers]
  const names = [...new Set(named.map(({ issuer }) => issuer))]
  if (settings.checksIssuers) {
    const stopCheck = checkIssuerSpelling(issuers, log)
    opened.push(async () => stopCheck())
    await warnOfUntrustedKeys(database, names, log)
  }
  const authenticator = createLoggingAuthenticator(settings)
  opened.push(() => authenticator.close())
  const upkeep = startUpkeep({
    tasks: {
      'erase dead secrets': () => sweepDeadSecrets(database.keys, now()),
      'partitions of the audit trail': () => database.audit.ensurePartitions(),
      'health of older keys': () => fillHealth(database.keys),
      'sessions that have ended': () => database.sessions.removeEnded(liveAt(now())),
    },
    log,
  })
  opened.push(() => upkeep.close())

  const keyChanges = createKeyChangeStreams({
    events: database.keyEvents,
    store: database.keys,
    now,
  })
  opened.push(() => keyChanges.close())

  const shared = { catalogue, now, onScopesNeeded: authenticator.recordScopes }
  return {
    authenticator,
    keyChanges,
    keys: assembleKeyService(settings.keys, { ...shared, store: database.keys }),
    users: createUserService({
      ...shared,
      store: database.users,
      issuers: names,
      defaultScopes: settings.defaultUserScopes,
      tokenOf: presentedTokenOf,
    }),
    predictor: createPredictor({ ...shared, keys: database.keys, users: database.users }),
  }
}

function createLoggingAuthenticator({
  database,
  catalogue,
  issuers,
  session = null,
  keys,
  authentication,
  log,
  now,
}: DomainSettings): ClosableAuthenticator {
  return createAuthenticator({
    keyPrefix: keys.prefix,
    keyPeppers: keys.peppers,
    importedKeyForms: keys.importedForms ?? [],
    onKeyProblem: (issuer, error) =>
      log.warn({ issuer, err: error }, 'the keys of an issuer could not be fetched or used'),
    onError: (error) =>
      log.warn(
        { err: error },
        'uses of API keys could not be written to the database; they are written again later',
      ),
    onUsesLost: (lost) =>
      log.warn(lost, 'uses of API keys were lost before they could be written to the database'),
    ...authentication,
    ...(session !== null && {
      session: {
        ...session,
        knownScopes: catalogue,
        onError: (error) =>
          log.warn({ err: error }, 'a request was refused because its session could not be read'),
        onIgnored: (message) => log.warn(message),
      },
    }),
    issuers,
    directory: database.directory,
    now,
  })
}
