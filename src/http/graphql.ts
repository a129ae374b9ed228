import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Admission } from '../admission/admission.ts'
import { acceptedMediaType } from '../graphql/media-types.ts'
import type { Pacing } from '../limits/pacing.ts'
import type { Graphiql } from '../web/graphiql-page.ts'
import { withoutStack } from '../without-stack.ts'
import { type Answer, errorAnswer, toResponse } from '../yoga/error-answer.ts'
import { createGraphQLAdmission } from '../yoga/graphql-admission.ts'
import { badRequest, requestError } from '../yoga/graphql-errors.ts'
import { createRunOperation } from '../yoga/run-operation.ts'
import { maskedError } from '../yoga/use-error-answers.ts'
import { acceptsByName } from './accepts.ts'
import {
  answerOf,
  BodyTooLargeError,
  type DirectEndpoint,
  type HttpRequest,
  UnreadableBodyError,
} from './endpoint.ts'
import { fetchRequest } from './fetch-request.ts'
import { GraphQLPacing } from './graphql-pacing.ts'
import { isForStream, requestFault } from './graphql-request.ts'
import {
  createGraphQLServer,
  type GraphQLServerParts,
  graphqlPath,
  maxBodySize,
} from './graphql-server.ts'
import { createOperate } from './operate.ts'
import type { RequestContext } from './request-context.ts'
import { watchRequestHooks } from './request-hooks.ts'

export interface GraphQLParts extends Omit<GraphQLServerParts, 'onTurn'> {
  readonly admission: Admission<RequestContext>
  readonly pacing: Pacing
  /** Further plugins, which run after Latchkey's own. */
  readonly plugins: readonly Plugin[]
  /** The page that browsers get; `null`: none. */
  readonly graphiql: Pick<Graphiql, 'page'> | null
}

export interface GraphQLEndpoint extends DirectEndpoint {
  /** Answers any request, whether or not `takes` returns `true` for it. */
  handle(request: Request, context: RequestContext): Promise<Response>
}

const bodyTooLarge = withoutStack(
  new GraphQLError(`The body is larger than ${maxBodySize} bytes.`, {
    extensions: { code: 'CONTENT_TOO_LARGE', http: { status: 413 } },
  }),
)

export function createGraphQL(parts: GraphQLParts): GraphQLEndpoint {
  const { plugins, graphiql, onBug } = parts
  const admission = createGraphQLAdmission(parts.admission as Admission<object>)
  const watch = watchRequestHooks(plugins)
  const pacing = new GraphQLPacing(parts.pacing)
  const yoga = createGraphQLServer(
    { ...parts, onTurn: pacing.charge },
    admission,
    plugins.length === 0 ? null : watch.plugins,
  )
  const operate = createOperate(createRunOperation(yoga), pacing, parts)
  const isWatched = watch.isWatching()

  const admit = (request: HttpRequest, context: RequestContext) =>
    requestFault(request) ?? admission.admit(request.shown, request, context, context.admission)

  function answerAdmitted(
    refusal: GraphQLError | null,
    request: HttpRequest,
    context: RequestContext,
  ): Answer | Promise<Answer> {
    if (refusal !== null) return errorAnswer(refusal, request.header('accept'))
    return pacing.run(request, context, () => operate(request, context))
  }

  const endpoint: DirectEndpoint = {
    route: graphqlPath,
    isForBrowsers: true,

    takes(request) {
      const { method, target } = request
      if (method !== 'POST' && method !== 'GET') return false
      if (target !== graphqlPath && !target.startsWith(`${graphqlPath}?`)) return false
      // Plugins that hook into requests or responses need Yoga.
      return !isWatched && !(graphiql && isForPage(request)) && !isForStream(request)
    },

    answer(request, context) {
      const refusal = admit(request, context)
      return refusal instanceof Promise
        ? refusal.then((settled) => answerAdmitted(settled, request, context))
        : answerAdmitted(refusal, request, context)
    },

    failed: (cause, request, { requestId }) => {
      const known = knownFailure(cause)
      if (known === null) onBug(cause, requestId)
      return errorAnswer(known ?? maskedError(requestId), request.header('accept'))
    },
  }

  async function answerWithYoga(request: HttpRequest, context: RequestContext): Promise<Response> {
    const { shown } = request
    const refusal = await admit(request, context)
    const limited = refusal === null ? await pacing.before(context) : null
    const error = refusal ?? (limited && requestError(limited))
    const accept = request.header('accept')
    if (error !== null) return toResponse(errorAnswer(error, accept))
    // Yoga ignores qualities, and supports more media types.
    const type = isForStream(request) ? 'text/event-stream' : acceptedMediaType(accept)
    shown.headers.set('accept', type ?? '')
    return yoga.fetch(shown, context as never)
  }

  return {
    ...endpoint,
    async handle(shown, context) {
      const request = fetchRequest(shown, context)
      if (graphiql !== null && isForPage(request)) return graphiql.page()
      const response =
        isWatched || isForStream(request)
          ? await answerWithYoga(request, context).catch((cause) =>
              toResponse(endpoint.failed(cause, request, context)),
            )
          : toResponse(await answerOf(endpoint, request, context))
      return withCacheHeaders(response)
    },
  }
}

function isForPage(request: HttpRequest): boolean {
  return request.method === 'GET' && acceptsByName(request.header('accept'), 'text/html')
}

/** Returns the error of a request that could not be read; `null`: Latchkey or Yoga has failed. */
function knownFailure(cause: unknown): GraphQLError | null {
  if (cause instanceof BodyTooLargeError) return bodyTooLarge
  return cause instanceof UnreadableBodyError ? badRequest(cause.message) : null
}

/** Sets the headers that keep an answer out of caches, and events out of the buffer of a proxy. */
function withCacheHeaders(response: Response): Response {
  const { headers } = response
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
  if (isStream) {
    // nginx would collect the events.
    headers.set('x-accel-buffering', 'no')
    headers.delete('content-encoding')
  }
  if (isStream || !headers.has('cache-control')) headers.set('cache-control', 'no-store')
  return response
}
