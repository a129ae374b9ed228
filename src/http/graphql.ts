import type { Plugin } from 'graphql-yoga'
import type { Authenticator } from '../credentials/authenticator.ts'
import { type Answer, errorAnswer, toResponse } from '../yoga/error-answer.ts'
import { acceptedMediaType } from '../yoga/media-types.ts'
import { createRequestGate } from '../yoga/request-gate.ts'
import { maskedError } from '../yoga/use-error-answers.ts'
import { createDirectGraphQL, type DirectGraphQL } from './direct-graphql.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import { createAdmission } from './graphql-admission.ts'
import type { RequestContext } from './request-context.ts'
import { watchRequestHooks } from './request-hooks.ts'
import { graphiqlPolicy } from './security-headers.ts'
import { createYogaServer, type ServerContext, type YogaServerParts } from './yoga-server.ts'

export interface GraphQLParts extends YogaServerParts {
  readonly authenticator: Authenticator
  readonly failures: FailureLimiter
  /** Run beside our own, after them. */
  readonly plugins: readonly Plugin[]
}

export type GraphQLHandler = (request: Request, context: RequestContext) => Promise<Response>

export interface GraphQLEndpoint {
  /** Answers any request for the GraphQL path. */
  readonly handle: GraphQLHandler
  /** `null` where a plugin wants to see each Request or Response. */
  readonly direct: DirectGraphQL | null
}

export function createGraphQL(parts: GraphQLParts): GraphQLEndpoint {
  const { plugins, authenticator, failures, graphiql, onBug, onOutage } = parts
  const gate = createRequestGate({
    authenticator,
    onAuthentication: (authentication, serverContext) => {
      const { seen } = serverContext as RequestContext
      seen.authentication = authentication
    },
    refusalError: ({ error }, serverContext) =>
      failures.errorFor(error, (serverContext as RequestContext).clientAddress()),
  })
  const admit = createAdmission(gate)
  const watch = watchRequestHooks(plugins)
  const yoga = createYogaServer(parts, gate, watch.plugins)

  /** What breaks before an operation is read breaks outside of Yoga's own error handling. */
  function failed(cause: unknown, { requestId }: RequestContext, accept: string | null): Answer {
    onBug(cause, requestId)
    return errorAnswer(maskedError(requestId), accept)
  }

  async function handle(request: Request, context: RequestContext): Promise<Response> {
    const { headers, method, url } = request
    const header = (name: string) => headers.get(name)
    const accept = header('accept')
    const isPage = graphiql && method === 'GET' && accept?.includes('text/html') === true
    try {
      if (!isPage) {
        const queryParameters = (name: string) => new URL(url).searchParams.getAll(name)
        const refusal = await admit({ method, header, queryParameters }, request, context)
        if (refusal !== null) return toResponse(errorAnswer(refusal, accept))
        // Yoga knows no qualities, and other forms of answers.
        headers.set('accept', acceptedMediaType(accept) ?? '')
      }
      const response = await yoga.fetch(request, context as ServerContext)
      if (isPage && response.headers.get('content-type') === 'text/html') {
        response.headers.set('content-security-policy', graphiqlPolicy)
      }
      return response
    } catch (error) {
      return toResponse(failed(error, context, accept))
    }
  }

  return {
    async handle(request, context) {
      const response = await handle(request, context)
      if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
      return response
    },
    direct: watch.isWatching()
      ? null
      : createDirectGraphQL({ yoga, admit, onBug, onOutage, failed }),
  }
}
