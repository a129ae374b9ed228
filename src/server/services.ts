import type { GraphQLSchema } from 'graphql'
import { createRefusalRecorder } from '../audit/refusal-recorder.ts'
import type { Config } from '../config.ts'
import {
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from '../credentials/create-authenticator.ts'
import {
  developmentIssuerPath,
  isDevelopmentIssuer,
} from '../credentials/development-issuer-path.ts'
import { presentedTokenOf } from '../credentials/presented-token.ts'
import type { Database } from '../db/database.ts'
import { createDevelopmentIssuer } from '../http/development-issuer.ts'
import { divideStaleness } from '../http/forward-auth.ts'
import { sweepDeadSecrets } from '../keys/sweeper.ts'
import type { Logger } from '../log.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { createUserService } from '../users/users.ts'
import type { AppSettings } from './create-app.ts'
import { prepareIdentity } from './identity.ts'
import { checkIssuerSpelling } from './issuer-spelling.ts'
import { configuredKeyService } from './key-service.ts'
import { warnOfUntrustedKeys } from './untrusted-keys.ts'
import { startUpkeep } from './upkeep.ts'

/** The parts that the services need. */
interface ServiceDependencies {
  readonly database: Database
  readonly catalogue: ScopeCatalogue
  readonly schema: GraphQLSchema
}

/** The services that the endpoints use. */
export type Services = Awaited<ReturnType<typeof startServices>>

/**
 * Creates the services on an open database, and starts the upkeep tasks. Adds functions that close them to
 * `opened`.
 */
export async function startServices(
  config: Config,
  settings: AppSettings,
  dependencies: ServiceDependencies,
  opened: (() => Promise<void>)[],
) {
  const { log, now, publicUrl, prepared } = settings
  const { database, catalogue } = dependencies
  const developmentIssuer =
    config.mode === 'development'
      ? await createDevelopmentIssuer({
          issuer: publicUrl + developmentIssuerPath,
          dataDir: config.dataDir,
          now,
        })
      : null
  const issuers = developmentIssuer === null ? config.issuers : [developmentIssuer.settings]
  const names = issuers.map(({ issuer }) => issuer)
  if (developmentIssuer === null && !prepared) {
    const stopCheck = checkIssuerSpelling(issuers, log)
    opened.push(async () => stopCheck())
    await warnOfUntrustedKeys(database, names, log)
  }

  const { nodeMs, proxySeconds } = divideStaleness(config.maxStalenessMs)
  const authenticator = configuredAuthenticator(config, log, {
    issuers,
    directory: database.directory,
    // In development, the issuer depends on the port. Outside it, users of a development issuer are refused.
    trustsIssuer: (issuer) =>
      developmentIssuer !== null || (names.includes(issuer) && !isDevelopmentIssuer(issuer)),
    maxStalenessMs: nodeMs,
    now,
  })
  opened.push(() => authenticator.close())
  const refusals = createRefusalRecorder({
    write: database.audit.recordRefusals,
    onError: (error) =>
      log.warn(
        { err: error },
        'refused credentials could not be written to the audit trail; they are kept for the next attempt',
      ),
    now,
  })
  opened.push(() => refusals.close())
  const upkeep = startUpkeep({
    tasks: {
      'erase dead secrets': () => sweepDeadSecrets(database.keys, now()),
      'partitions of the audit trail': () => database.audit.ensurePartitions(),
    },
    log,
  })
  opened.push(() => upkeep.close())

  const shared = { catalogue, now, onScopesNeeded: authenticator.recordScopes }
  return {
    ...dependencies,
    developmentIssuer,
    authenticator,
    keys: configuredKeyService(config, { ...shared, store: database.keys }),
    users: createUserService({
      ...shared,
      store: database.users,
      issuers: names,
      defaultScopes: config.defaultUserScopes,
      tokenOf: presentedTokenOf,
    }),
    identity: prepareIdentity(config, settings),
    refusals,
    /** The time that a proxy may cache an answer of `/auth/verify`, in seconds. */
    proxySeconds,
  }
}

/** Creates the configured authenticator. It logs failures that no request reports. */
function configuredAuthenticator(config: Config, log: Logger, options: CreateAuthenticatorOptions) {
  return createAuthenticator({
    ...options,
    keyPrefix: config.keyPrefix,
    keyPeppers: config.keyPeppers,
    apiKeyHeader: config.apiKeyHeader,
    ...(config.jwtHeader !== null && { jwtHeader: config.jwtHeader }),
    ...(config.apiKeyQueryParam !== null && { apiKeyQueryParameter: config.apiKeyQueryParam }),
    jwtOutageSeconds: config.jwtOutageSeconds,
    onKeyProblem: (issuer, error) =>
      log.warn({ issuer, err: error }, 'the keys of an issuer could not be fetched or used'),
    onError: (error) =>
      log.warn(
        { err: error },
        'uses of API keys could not be written to the database; they are written again later',
      ),
    onUsesLost: (lost) =>
      log.warn(lost, 'uses of API keys were lost before they could be written to the database'),
  })
}
