import type { GraphQLSchema } from 'graphql'
import type { FailureLimiter } from '../admission/failure-limiter.ts'
import { createRefusalRecorder } from '../audit/refusal-recorder.ts'
import type { Config } from '../config.ts'
import {
  developmentIssuerPath,
  isDevelopmentIssuer,
} from '../credentials/development-issuer-path.ts'
import type { Database } from '../db/database.ts'
import { createDevelopmentIssuer } from '../development/issuer.ts'
import { startDomainServices } from '../embedding/domain-services.ts'
import { divideStaleness } from '../http/forward-auth.ts'
import { createServerSignIn } from '../page/server-sign-in.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { AppSettings } from './create-app.ts'
import { prepareIdentity } from './identity.ts'
import { keySettingsOf } from './key-service.ts'

/** The parts that the services need. */
interface ServiceDependencies {
  readonly database: Database
  readonly catalogue: ScopeCatalogue
  readonly schema: GraphQLSchema
  readonly failures: FailureLimiter
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
  const { nodeMs, proxySeconds } = divideStaleness(config.maxStalenessMs)
  const services = await startDomainServices(
    {
      database,
      catalogue,
      issuers,
      checksIssuers: developmentIssuer === null && !prepared,
      keys: keySettingsOf(config),
      defaultUserScopes: config.defaultUserScopes,
      authentication: {
        ...sourcesOf(config),
        // In development, the issuer depends on the port. Outside it, users of a development issuer are refused.
        trustsIssuer: (issuer) =>
          developmentIssuer !== null || (names.includes(issuer) && !isDevelopmentIssuer(issuer)),
        maxStalenessMs: nodeMs,
        jwtOutageSeconds: config.jwtOutageSeconds,
        recordClients: config.recordClients,
      },
      log,
      now,
    },
    opened,
  )
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

  return {
    ...dependencies,
    developmentIssuer,
    ...services,
    pageSignIn: await createServerSignIn(config, settings, {
      ...dependencies,
      ...services,
      developmentIssuer,
    }),
    identity: prepareIdentity(config, settings),
    refusals,
    /** The time that a proxy may cache an answer of `/auth/verify`, in seconds. */
    proxySeconds,
  }
}

/** Returns the headers and the parameter that carry credentials. */
function sourcesOf({ apiKeyHeader, jwtHeader, apiKeyQueryParam }: Config) {
  return {
    apiKeyHeader,
    ...(jwtHeader !== null && { jwtHeader }),
    ...(apiKeyQueryParam !== null && { apiKeyQueryParameter: apiKeyQueryParam }),
  }
}
