import { type ExecutionResult, GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import type { Admission } from '../admission/admission.ts'
import type { Pacing } from '../admission/pacing.ts'
import { senderOf } from '../net/client-address.ts'
import { withoutStack } from '../without-stack.ts'
import { type Answer, errorAnswer, toResponse } from '../yoga/error-answer.ts'
import { createGraphQLAdmission } from '../yoga/graphql-admission.ts'
import { requestError } from '../yoga/graphql-errors.ts'
import { acceptedMediaType } from '../yoga/media-types.ts'
import { answerOf, createRunOperation } from '../yoga/run-operation.ts'
import { completeErrors, maskError, maskedError } from '../yoga/use-error-answers.ts'
import { fetchGraphQLRequest } from './fetch-graphql-request.ts'
import { readParameters, readQueryParameters } from './graphql-parameters.ts'
import { BodyTooLargeError, type GraphQLRequest, requestFault } from './graphql-request.ts'
import { createGraphQLServer, type GraphQLServerParts, maxBodySize } from './graphql-server.ts'
import type { RequestContext } from './request-context.ts'
import { watchRequestHooks } from './request-hooks.ts'
import { graphiqlPolicy } from './security-headers.ts'

export interface GraphQLParts extends GraphQLServerParts {
  readonly admission: Admission<RequestContext>
  readonly pacing: Pacing
  /** Run beside our own, after them. */
  readonly plugins: readonly Plugin[]
}

export interface GraphQLEndpoint {
  /** Answers any request but those that {@link isForYoga} names. */
  answer(request: GraphQLRequest, context: RequestContext): Answer | Promise<Answer>
  /** Something broke outside of any operation. */
  failed(cause: unknown, request: GraphQLRequest, context: RequestContext): Answer
  /** Whether a request is for Yoga's own request handling: the page, and plugins that look at each Request or Response. */
  isForYoga(request: Pick<GraphQLRequest, 'method' | 'header'>): boolean
  /** Answers any request. */
  handle(request: Request, context: RequestContext): Promise<Response>
}

const bodyTooLarge = withoutStack(
  new GraphQLError(`The body is larger than ${maxBodySize} bytes.`, {
    extensions: { code: 'CONTENT_TOO_LARGE', http: { status: 413 } },
  }),
)

/** Characters of a request and its answer together that are no work to speak of. */
const smallSize = 2_000

/** Whose turns count together: the user's, or the address's of the anonymous. */
function clientOf({ admission: { principal }, clientAddress }: RequestContext): string | null {
  if (principal !== null) return `${principal.issuer} ${principal.subject}`
  const address = clientAddress()
  return address === null ? null : senderOf(address)
}

export function createGraphQL(parts: GraphQLParts): GraphQLEndpoint {
  const { plugins, graphiql, pacing, onBug, onOutage } = parts
  const admission = createGraphQLAdmission(parts.admission as Admission<object>)
  const watch = watchRequestHooks(plugins)
  const yoga = createGraphQLServer(parts, admission, watch.plugins)
  const run = createRunOperation(yoga)
  const isWatched = watch.isWatching()
  const listeners = { onBug, onOutage }

  const isPage = ({ method, header }: Pick<GraphQLRequest, 'method' | 'header'>) =>
    graphiql && method === 'GET' && header('accept')?.includes('text/html') === true

  function admit(request: GraphQLRequest, context: RequestContext) {
    return (
      requestFault(request) ?? admission.admit(request.shown, request, context, context.admission)
    )
  }

  /** @param size characters that are read; what is small and has a small answer takes no long turn */
  function operate(
    read: () => GraphQLParams,
    size: number,
    { shown, header }: GraphQLRequest,
    context: RequestContext,
  ): Answer | Promise<Answer> {
    const charge = (since: number, characters: number): void => {
      if (characters < smallSize) return
      pacing.charge(clientOf(context), performance.now() - since)
    }
    const finish = (result: ExecutionResult): Answer => {
      const since = performance.now()
      completeErrors(result, context.requestId, listeners)
      const answer = answerOf(result, acceptedMediaType(header('accept')) ?? 'application/json')
      charge(since, answer.body.length)
      return answer
    }
    const fail = (error: unknown) => finish({ errors: [maskError(error, '') as GraphQLError] })
    const since = performance.now()
    try {
      const result = run(read(), shown, context)
      if (result instanceof Promise) {
        charge(since, size)
        return result.then(finish).catch(fail)
      }
      const answer = finish(result)
      charge(since, size + answer.body.length)
      return answer
    } catch (error) {
      charge(since, size)
      return fail(error)
    }
  }

  /** That is also outside of Yoga's own error handling. */
  function failed(cause: unknown, request: GraphQLRequest, context: RequestContext): Answer {
    const accept = request.header('accept')
    if (cause instanceof BodyTooLargeError) return errorAnswer(bodyTooLarge, accept)
    onBug(cause, context.requestId)
    return errorAnswer(maskedError(context.requestId), accept)
  }

  function answerAdmitted(
    refusal: GraphQLError | null,
    request: GraphQLRequest,
    context: RequestContext,
  ): Answer | Promise<Answer> {
    if (refusal !== null) return errorAnswer(refusal, request.header('accept'))
    const pause = pacing.before(() => clientOf(context))
    return pause === null
      ? readAndOperate(request, context)
      : pause.then((error) =>
          error === null
            ? readAndOperate(request, context)
            : errorAnswer(requestError(error), request.header('accept')),
        )
  }

  function readAndOperate(request: GraphQLRequest, context: RequestContext) {
    const { method, search } = request
    if (method === 'GET') {
      return operate(() => readQueryParameters(search), search.length, request, context)
    }
    return request
      .readBody(maxBodySize)
      .then((body) => operate(() => readParameters(body), body.length, request, context))
  }

  function answer(request: GraphQLRequest, context: RequestContext): Answer | Promise<Answer> {
    const fail = (cause: unknown) => failed(cause, request, context)
    try {
      const refusal = admit(request, context)
      const answer =
        refusal instanceof Promise
          ? refusal.then((settled) => answerAdmitted(settled, request, context))
          : answerAdmitted(refusal, request, context)
      return answer instanceof Promise ? answer.catch(fail) : answer
    } catch (cause) {
      return fail(cause)
    }
  }

  async function askYoga(request: GraphQLRequest, context: RequestContext): Promise<Response> {
    const { shown, header } = request
    const isForPage = isPage(request)
    if (!isForPage) {
      const refusal = await admit(request, context)
      if (refusal !== null) return toResponse(errorAnswer(refusal, header('accept')))
      // Yoga knows no qualities, and other forms of answers.
      shown.headers.set('accept', acceptedMediaType(header('accept')) ?? '')
    }
    const response = await yoga.fetch(shown, context as never)
    if (isForPage && response.headers.get('content-type') === 'text/html') {
      response.headers.set('content-security-policy', graphiqlPolicy)
    }
    return response
  }

  const isForYoga = (request: Pick<GraphQLRequest, 'method' | 'header'>) =>
    isWatched || isPage(request)

  return {
    answer,
    failed,
    isForYoga,
    async handle(shown, context) {
      const request = fetchGraphQLRequest(shown)
      const response = isForYoga(request)
        ? await askYoga(request, context).catch((cause) =>
            toResponse(failed(cause, request, context)),
          )
        : toResponse(await answer(request, context))
      if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
      return response
    },
  }
}
