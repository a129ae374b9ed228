import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'
import type { Graphiql } from '../web/graphiql-page.ts'
import { toResponse } from '../yoga/error-answer.ts'
import type { Completion } from './completion.ts'
import type { Cors } from './cors.ts'
import { answerOf, type DirectEndpoint } from './endpoint.ts'
import { fetchRequest } from './fetch-request.ts'
import { forwardAuthPath, isForwardAuthTarget } from './forward-auth-settings.ts'
import type { GraphQLEndpoint } from './graphql.ts'
import { graphqlPath } from './graphql-server.ts'
import type { Health } from './health.ts'
import { identityKeysPath, publishIdentityKeys } from './identity-keys.ts'
import { type Introspection, introspectionPath } from './introspection.ts'
import { problem } from './problem.ts'
import { type ConnectionInfo, RequestContext } from './request-context.ts'
import { createRoot } from './root.ts'
import { addSecurityHeaders } from './security-headers.ts'

/** The path of the files that GraphiQL's page loads. */
const graphiqlAssetsPath = `${graphqlPath}/assets/`

export interface HttpAppParts {
  readonly graphql: Pick<GraphQLEndpoint, 'handle'>
  readonly forwardAuth: DirectEndpoint
  readonly introspection: Introspection
  readonly schemaSdl: Route
  /** The keys page: its path, the path that a browser sees, and what answers there. */
  readonly keysPage: { readonly path: string; readonly location: string; readonly answer: Route }
  /** `null`: there is no GraphiQL. */
  readonly graphiql: Pick<Graphiql, 'asset'> | null
  readonly health: Health
  readonly metrics: Pick<Metrics, 'answer'>
  /** Public keys of identity tokens; empty where identity tokens are not configured. */
  readonly identityKeys: readonly object[]
  /** Answers below `/dev/`; `null` outside development. */
  readonly development: Route | null
  readonly trustedProxies: TrustedProxies
  readonly cors: Cors
  /** Called with each request after its answer is ready. */
  readonly completed: Completion
  readonly log: Logger
}

export type HttpApp = (request: Request, connection?: ConnectionInfo) => Promise<Response>

export type Route = (request: Request, context: RequestContext) => Response | Promise<Response>

/** Serves every path of the server. Each answer carries `X-Request-Id`; each request is logged in one line. */
export function createHttpApp(parts: HttpAppParts): HttpApp {
  const { log, cors, metrics, completed, development, graphiql, keysPage } = parts
  const forPages = (route: Route) => withCors(cors, (...call) => answer(route, ...call, log))
  const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ['/', getOnly(createRoot(keysPage.location))],
    [graphqlPath, forPages(varyByCookie(parts.graphql.handle))],
    [introspectionPath, parts.introspection],
    [identityKeysPath, getOnly(() => publishIdentityKeys(parts.identityKeys))],
    ['/schema.graphql', forPages(getOnly(parts.schemaSdl))],
    ['/healthz', getOnly(() => parts.health.alive())],
    ['/readyz', getOnly(() => parts.health.ready())],
    ['/metrics', getOnly(() => metrics.answer())],
  ])
  // A page can then show that its URL is wrong, instead of an error without a cause.
  const nowhere = forPages(notFound)

  /** Returns a route and its name in metrics. The set of names is fixed: a client cannot add one. */
  function findRoute(pathname: string | null): readonly [string, Route] {
    if (pathname === null) return ['other', invalidTarget]
    if (development !== null && pathname.startsWith('/dev/')) return ['other', development]
    if (graphiql !== null && pathname.startsWith(graphiqlAssetsPath)) {
      const name = pathname.slice(graphiqlAssetsPath.length)
      return [
        'other',
        getOnly((request) => graphiql.asset(name, request.headers.get('accept-encoding'))),
      ]
    }
    if (pathname === keysPage.path || pathname.startsWith(`${keysPage.path}/`)) {
      return [keysPage.path, keysPage.answer]
    }
    if (isForwardAuthTarget(pathname)) return [forwardAuthPath, routeTo(parts.forwardAuth)]
    const route = routes.get(pathname)
    return route === undefined ? ['other', nowhere] : [pathname, route]
  }

  return async (request, connection = { peerAddress: null }) => {
    const started = performance.now()
    const header = (name: string) => request.headers.get(name)
    const context = new RequestContext({ header }, connection, parts.trustedProxies)
    const path = pathOf(request)
    const [route, respond] = findRoute(path)
    const response = await answer(respond, request, context, log)
    response.headers.set('x-request-id', context.requestId)
    addSecurityHeaders(response)
    const { method } = request
    const { status } = response
    completed({ route, path, method, status, started }, context)
    return response
  }
}

async function answer(
  route: Route,
  request: Request,
  context: RequestContext,
  log: Logger,
): Promise<Response> {
  try {
    return await route(request, context)
  } catch (error) {
    log.error({ err: error, requestId: context.requestId }, 'a request failed')
    return problem(500, {
      detail: `Something went wrong on our side. Request ${context.requestId}.`,
    })
  }
}

/** Adds CORS to a route, for web pages of the origins that `cors` allows. */
function withCors(cors: Cors, route: Route): Route {
  return async (request, context) => {
    const response = cors.preflight(request) ?? (await route(request, context))
    const shared = Object.entries(cors.shareHeaders(request.headers.get('origin')))
    for (const [name, value] of shared) response.headers.append(name, value)
    return response
  }
}

/** Keeps caches from giving the answer for the session of one browser to another one. */
function varyByCookie(route: Route): Route {
  return async (request, context) => {
    const response = await route(request, context)
    if (request.headers.has('cookie')) response.headers.append('vary', 'Cookie')
    return response
  }
}

/**
 * Adapts a direct endpoint to a fetch Request, for programs that embed the server. The server's own listener
 * needs no Request.
 */
function routeTo(endpoint: DirectEndpoint): Route {
  return async (request, context) =>
    toResponse(await answerOf(endpoint, fetchRequest(request, context), context))
}

function getOnly(route: Route): Route {
  return (request, context) =>
    request.method === 'GET' || request.method === 'HEAD'
      ? route(request, context)
      : problem(405, { detail: 'Use GET.', headers: { allow: 'GET, HEAD' } })
}

/** Returns `null` where the URL is invalid: with an invalid `Host`, an adapter passes on an invalid URL. */
function pathOf({ url }: Request): string | null {
  return URL.canParse(url) ? new URL(url).pathname : null
}

function invalidTarget(): Response {
  return problem(400, { detail: 'The request target or the Host header is not valid.' })
}

function notFound(): Response {
  return problem(404, { detail: `There is nothing at this path. GraphQL is at ${graphqlPath}.` })
}
