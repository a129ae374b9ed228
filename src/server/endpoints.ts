import type { GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createAdmission } from '../admission/admission.ts'
import { createFailureLimiter } from '../admission/failure-limiter.ts'
import type { Pacing } from '../admission/pacing.ts'
import type { RefusalRecorder } from '../audit/refusal-recorder.ts'
import { type Config, credentialHeadersOf } from '../config.ts'
import type { ClosableAuthenticator } from '../credentials/create-authenticator.ts'
import type { Database } from '../db/database.ts'
import { createHttpApp, type HttpApp } from '../http/app.ts'
import { type CompletionParts, createCompletion } from '../http/completion.ts'
import { createCors } from '../http/cors.ts'
import type { DevelopmentIssuer } from '../http/development-issuer.ts'
import { createForwardAuth } from '../http/forward-auth.ts'
import { createGraphQL } from '../http/graphql.ts'
import { createHealth } from '../http/health.ts'
import { createIntrospection } from '../http/introspection.ts'
import { createMetrics, type MetricsPeers } from '../http/metrics.ts'
import type { RequestContext } from '../http/request-context.ts'
import { createSchemaSdl } from '../http/schema-sdl.ts'
import type { KeyService } from '../keys/keys.ts'
import { createOperationGuards } from '../limits/operation-guards.ts'
import type { Logger } from '../log.ts'
import { completeHeaders } from '../node/complete-headers.ts'
import { createForwardAuthListener } from '../node/forward-auth-listener.ts'
import { createGraphQLListener } from '../node/graphql-listener.ts'
import { firstOf, type NodeListener } from '../node/node-listener.ts'
import { readWholeUrls } from '../node/request-target.ts'
import { printSdl } from '../pothos/index.ts'
import { defaultPageSize } from '../schema/pages.ts'
import type { UserService } from '../users/users.ts'
import type { Identity } from './identity.ts'

export interface EndpointParts {
  readonly config: Config
  /** This server as others see it. */
  readonly publicUrl: string
  readonly schema: GraphQLSchema
  readonly database: Pick<Database, 'audit' | 'ping' | 'freshness'>
  readonly authenticator: ClosableAuthenticator
  readonly keys: KeyService
  readonly users: UserService
  readonly identity: Identity
  /** `null` outside development. */
  readonly developmentIssuer: DevelopmentIssuer | null
  readonly refusals: Pick<RefusalRecorder, 'record'>
  /** How long a proxy may keep an answer of `/auth/verify`. Seconds. */
  readonly proxySeconds: number
  readonly pacing: Pacing
  /** Milliseconds that an operation may take. */
  readonly timeLimit: number
  readonly plugins: readonly Plugin[]
  readonly metricsPeers: MetricsPeers | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Logger
}

export interface Endpoints {
  readonly fetch: HttpApp
  readonly listener: NodeListener
  /** From here on `/readyz` asks for no more traffic. */
  shutDown(): void
}

/** Everything that answers over HTTP, on admission and the services. */
export function createEndpoints(parts: EndpointParts): Endpoints {
  const { config, identity, database, proxySeconds, log } = parts
  const { trustedProxies } = config
  const credentialHeaders = credentialHeadersOf(config)
  const { health, metrics, onRefusal } = createObservers(parts)
  const admission = createServerAdmission(parts, metrics.measured(parts.authenticator))
  const forwardAuth = createForwardAuth({
    admission,
    identity: identity.issuer,
    credentialHeaders,
    maxAgeSeconds: proxySeconds,
    log,
  })
  const graphql = createGraphQL({
    admission,
    pacing: parts.pacing,
    schema: parts.schema,
    services: {
      keys: parts.keys,
      users: parts.users,
      audit: database.audit,
      keyPrefix: config.keyPrefix,
      maxStalenessMs: config.maxStalenessMs,
      operationGuards: createOperationGuards(config.operationLimits, { usual: defaultPageSize }),
      now: parts.now,
    },
    identity: identity.issuer,
    credentialHeaders,
    graphiql: config.mode === 'development',
    timeLimit: parts.timeLimit,
    publicIntrospection: config.publicIntrospection,
    plugins: parts.plugins,
    onBug: (cause, requestId) => log.error({ err: cause, requestId }, 'a field failed'),
    onOutage: (reason, requestId) => log.warn({ reason, requestId }, 'fields were not resolved'),
  })
  const completed = createCompletion({ metrics, onRefusal, log })
  const cors = createCors({
    origins: config.corsOrigins,
    credentialHeaders: ['authorization', ...credentialHeaders],
  })
  const fetch = createHttpApp({
    forwardAuth,
    introspection: createIntrospection({
      admission,
      identity: identity.issuer,
      issuer: parts.publicUrl,
      keyCreatedAt: async (id) => (await parts.keys.findMany([id]))[0]?.createdAt ?? null,
      now: parts.now,
    }),
    graphql,
    schemaSdl: createSchemaSdl({
      admission,
      sdl: printSdl(parts.schema),
      publicIntrospection: config.publicIntrospection,
    }),
    health,
    metrics,
    identityKeys: identity.keys,
    developmentIssuer: parts.developmentIssuer,
    trustedProxies,
    cors,
    completed,
    log,
  })
  const listener = firstOf(
    readWholeUrls,
    completeHeaders(['authorization', ...credentialHeaders]),
    createForwardAuthListener({ forwardAuth, metrics, trustedProxies, onRefusal, log }),
    createGraphQLListener({ graphql, cors, trustedProxies, completed }),
  )
  return { fetch, listener, shutDown: () => health.shutDown() }
}

/** What every endpoint asks first. */
function createServerAdmission(
  { config, now }: EndpointParts,
  authenticator: Pick<ClosableAuthenticator, 'authenticate' | 'recheck' | 'recordScopes'>,
) {
  const failures = createFailureLimiter({ perMinute: config.authFailuresPerMinute, now })
  return createAdmission<RequestContext>({
    authenticator,
    refusalError: ({ error }, context) => failures.errorFor(error, context.clientAddress()),
  })
}

function createObservers({ database, identity, refusals, metricsPeers }: EndpointParts) {
  const pingDatabase = () => database.ping()
  const health = createHealth({
    pingDatabase,
    freshness: database.freshness,
    identityTokens: identity.issuer !== null,
  })
  const metrics = createMetrics({
    pingDatabase,
    freshness: database.freshness,
    ...(metricsPeers && { peers: metricsPeers }),
  })
  const onRefusal: CompletionParts['onRefusal'] = (
    { reason, credentialId },
    { requestId, clientAddress },
  ) => {
    if (reason === 'unavailable') return
    refusals.record({ reason, credentialId, requestId, sourceAddress: clientAddress() })
  }
  return { health, metrics, onRefusal }
}
