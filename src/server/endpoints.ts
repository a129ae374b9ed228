import { type Admission, createAdmission } from '../admission/admission.ts'
import { createFailureLimiter, type FailureLimiter } from '../admission/failure-limiter.ts'
import { type Config, credentialHeadersOf } from '../config.ts'
import type { Database } from '../db/database.ts'
import { developmentRoute } from '../development/issuer.ts'
import { createHttpApp } from '../http/app.ts'
import { createCompletion } from '../http/completion.ts'
import { createCors } from '../http/cors.ts'
import type { DirectEndpoint } from '../http/endpoint.ts'
import { createForwardAuth } from '../http/forward-auth.ts'
import { createGraphQL } from '../http/graphql.ts'
import { createHealth } from '../http/health.ts'
import { createIntrospection, type Introspection } from '../http/introspection.ts'
import type { RequestContext } from '../http/request-context.ts'
import { createSchemaSdl } from '../http/schema-sdl.ts'
import { createOperationGuards } from '../limits/operation-guards.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import { completeHeaders } from '../node/complete-headers.ts'
import { createDirectListener } from '../node/direct-listener.ts'
import { firstOf } from '../node/node-listener.ts'
import { normalizeAbsoluteTargets } from '../node/request-target.ts'
import { graphiqlPath } from '../page/graphiql-path.ts'
import { createServerPage } from '../page/server-page.ts'
import { withPageSessions } from '../page/session-authenticator.ts'
import { printSdl } from '../pothos/index.ts'
import { defaultPageSize } from '../schema/pages.ts'
import { webFiles } from '../web/files.ts'
import { createGraphiql, type Graphiql } from '../web/graphiql-page.ts'
import type { App, AppSettings } from './create-app.ts'
import type { Services } from './services.ts'

/** Parts that keep their counts when the settings are read again. */
export interface LastingParts {
  readonly metrics: Metrics
  readonly failures: FailureLimiter
}

/** Creates everything that answers over HTTP: admission and the endpoints. */
export function createEndpoints(
  config: Config,
  settings: AppSettings,
  services: Services,
  { metrics, failures }: LastingParts,
): Omit<App, 'development' | 'reload' | 'close'> {
  const { log } = settings
  const { developmentIssuer } = services
  const { trustedProxies, publicIntrospection } = config
  const { issuer: identity, keys: identityKeys } = services.identity
  const credentialHeaders = credentialHeadersOf(config)
  const { database, authenticator } = services
  const health = createHealth({
    isDatabaseUp: () => isUp(database),
    freshness: database.freshness,
    identityTokens: identity !== null,
  })
  const { sessions } = services.pageSignIn
  const admission: Admission<RequestContext> = createAdmission({
    authenticator: metrics.measure(
      sessions === null ? authenticator : withPageSessions(authenticator, sessions),
    ),
    refusalError: ({ error }, context) => failures.errorFor(error, context.clientAddress()),
  })
  const completed = createCompletion({ metrics, refusals: services.refusals, log })
  const forwardAuth = createForwardAuth({
    admission,
    identity,
    credentialHeaders,
    maxAgeSeconds: services.proxySeconds,
    log,
  })
  const graphiql = createServerGraphiql(config, settings)
  const graphql = createServerGraphQL(config, settings, services, { admission, graphiql })
  const cors = createCors({
    origins: config.corsOrigins,
    credentialHeaders: ['authorization', ...credentialHeaders],
  })
  const fetch = createHttpApp({
    forwardAuth,
    introspection: createServerIntrospection(settings, services, admission),
    graphql,
    schemaSdl: createSchemaSdl({ admission, sdl: printSdl(services.schema), publicIntrospection }),
    keysPage: createServerPage(config, settings.publicUrl, {
      ...services,
      graphql: graphql.handle,
    }),
    graphiql,
    health,
    metrics,
    identityKeys,
    development: developmentIssuer === null ? null : developmentRoute(developmentIssuer),
    trustedProxies,
    cors,
    completed,
    log,
  })
  const listener = firstOf(
    normalizeAbsoluteTargets,
    completeHeaders(['authorization', ...credentialHeaders], cors),
    createDirectListener({
      endpoints: [withoutCookies(graphql), forwardAuth],
      cors,
      trustedProxies,
      completed,
    }),
  )
  return {
    fetch,
    listener,
    shareUnreadable: cors.shareUnreadable,
    drain: health.shutDown,
    shutDown() {
      health.shutDown()
      settings.pacing.shutDown()
      // Otherwise the server would wait for the streams until its time to stop is over.
      void services.keyChanges.close()
    },
  }
}

function createServerIntrospection(
  { publicUrl, now }: AppSettings,
  { keys, identity }: Services,
  admission: Admission<RequestContext>,
): Introspection {
  return createIntrospection({
    admission,
    identity: identity.issuer,
    issuer: publicUrl,
    keyCreatedAt: async (id) => (await keys.findMany([id]))[0]?.createdAt ?? null,
    now,
  })
}

function createServerGraphiql(config: Config, { publicUrl }: AppSettings): Graphiql | null {
  const endpoint = graphiqlPath(config, publicUrl)
  if (endpoint === null) return null
  const needsSession = config.mode !== 'development'
  return createGraphiql(webFiles('graphiql'), { needsSession, endpoint })
}

function createServerGraphQL(
  config: Config,
  { log, now, pacing, plugins, timeLimit }: AppSettings,
  { database, catalogue, schema, keys, keyChanges, users, predictor, identity }: Services,
  { admission, graphiql }: { admission: Admission<RequestContext>; graphiql: Graphiql | null },
) {
  const { keyPrefix, maxStalenessMs, publicIntrospection } = config
  const operationGuards = createOperationGuards(config.operationLimits, {
    defaultSize: defaultPageSize,
  })
  const { audit } = database
  return createGraphQL({
    admission,
    pacing,
    schema,
    services: {
      keys,
      keyChanges,
      users,
      audit,
      predictor,
      catalogue,
      keyPrefix,
      maxStalenessMs,
      operationGuards,
      now,
    },
    identity: identity.issuer,
    credentialHeaders: credentialHeadersOf(config),
    graphiql,
    timeLimit,
    publicIntrospection,
    plugins,
    onBug: (cause, requestId) => log.error({ err: cause, requestId }, 'a field failed'),
    onOutage: (reason, requestId) =>
      log.warn({ reason, requestId }, 'fields could not be resolved'),
  })
}

/** Leaves requests with cookies to the fetch handler, whose answers vary by them. Programs send none. */
function withoutCookies(endpoint: DirectEndpoint): DirectEndpoint {
  return {
    ...endpoint,
    takes: (request) => request.header('cookie') === null && endpoint.takes(request),
  }
}

export function createLastingParts(
  { authFailuresPerMinute }: Config,
  { metricsPeers, now }: AppSettings,
  database: Database,
): LastingParts {
  return {
    metrics: createMetrics({
      isDatabaseUp: () => isUp(database),
      freshness: database.freshness,
      ...(metricsPeers && { peers: metricsPeers }),
    }),
    failures: createFailureLimiter({ perMinute: authFailuresPerMinute, now }),
  }
}

function isUp(database: Database): Promise<boolean> {
  return database.ping().then(
    () => true,
    () => false,
  )
}
