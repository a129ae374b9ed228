import { type ExecutionResult, GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import type { Admission } from '../admission/admission.ts'
import { acceptedMediaType } from '../graphql/media-types.ts'
import type { Pacing } from '../limits/pacing.ts'
import { senderOf } from '../net/client-address.ts'
import type { Graphiql } from '../web/graphiql-page.ts'
import { withoutStack } from '../without-stack.ts'
import { type Answer, errorAnswer, toResponse } from '../yoga/error-answer.ts'
import { createGraphQLAdmission } from '../yoga/graphql-admission.ts'
import { badRequest, requestError } from '../yoga/graphql-errors.ts'
import { createRunOperation, type RunOperation, resultAnswer } from '../yoga/run-operation.ts'
import { completeErrors, maskError, maskedError } from '../yoga/use-error-answers.ts'
import {
  answerOf,
  BodyTooLargeError,
  type DirectEndpoint,
  type HttpRequest,
  UnreadableBodyError,
} from './endpoint.ts'
import { fetchRequest } from './fetch-request.ts'
import { readParameters, readQueryParameters } from './graphql-parameters.ts'
import { isForStream, requestFault } from './graphql-request.ts'
import {
  createGraphQLServer,
  type GraphQLServerParts,
  graphqlPath,
  maxBodySize,
} from './graphql-server.ts'
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

/**
 * The approximate number of characters of an answer from the database that are read, resolved and written
 * per millisecond.
 */
const charactersPerMs = 4_000
/** The size of a request and its answer together below which no work is charged, in characters. */
const smallSize = 2_000

/** Returns the client for pacing: the user, or the address of an anonymous caller. */
function clientOf(context: RequestContext): string | null {
  const { principal } = context.admission
  // Subjects and issuers may contain spaces, but no line feed.
  if (principal !== null) return `${principal.issuer}\n${principal.subject}`
  const address = context.clientAddress()
  return address === null ? null : senderOf(address)
}

export function createGraphQL(parts: GraphQLParts): GraphQLEndpoint {
  const { plugins, graphiql, pacing, onBug } = parts
  const admission = createGraphQLAdmission(parts.admission as Admission<object>)
  const watch = watchRequestHooks(plugins)
  /** Charges the client of a request for work, in milliseconds. */
  function charge(context: RequestContext, milliseconds: number): void {
    pacing.charge(clientOf(context), milliseconds, context.chargedMs)
    context.chargedMs += milliseconds
  }
  const yoga = createGraphQLServer(
    { ...parts, onTurn: charge },
    admission,
    plugins.length === 0 ? null : watch.plugins,
  )
  const operate = createOperate(parts, charge, createRunOperation(yoga))
  const isWatched = watch.isWatching()

  const isForPage = (request: HttpRequest) =>
    graphiql !== null &&
    request.method === 'GET' &&
    request.header('accept')?.includes('text/html') === true

  function admit(request: HttpRequest, context: RequestContext) {
    return (
      requestFault(request) ?? admission.admit(request.shown, request, context, context.admission)
    )
  }

  function answerAdmitted(
    refusal: GraphQLError | null,
    request: HttpRequest,
    context: RequestContext,
  ): Answer | Promise<Answer> {
    if (refusal !== null) return errorAnswer(refusal, request.header('accept'))
    return paced(pacing, request, context, () => operate(request, context))
  }

  const endpoint: DirectEndpoint = {
    route: graphqlPath,
    isForBrowsers: true,

    takes(request) {
      const { method, target } = request
      if (method !== 'POST' && method !== 'GET') return false
      if (target !== graphqlPath && !target.startsWith(`${graphqlPath}?`)) return false
      // Plugins that hook into requests or responses need Yoga.
      return !isWatched && !isForPage(request) && !isForStream(request)
    },

    answer(request, context) {
      const refusal = admit(request, context)
      return refusal instanceof Promise
        ? refusal.then((settled) => answerAdmitted(settled, request, context))
        : answerAdmitted(refusal, request, context)
    },

    /** Handles errors that Yoga's own error handling does not see. */
    failed(cause, request, { requestId }) {
      const accept = request.header('accept')
      if (cause instanceof BodyTooLargeError) return errorAnswer(bodyTooLarge, accept)
      if (cause instanceof UnreadableBodyError)
        return errorAnswer(badRequest(cause.message), accept)
      onBug(cause, requestId)
      return errorAnswer(maskedError(requestId), accept)
    },
  }

  async function answerWithYoga(request: HttpRequest, context: RequestContext): Promise<Response> {
    const { shown } = request
    const refusal = await admit(request, context)
    const limited = refusal === null ? await pacing.before(() => clientOf(context)) : null
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
      const { headers } = response
      const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
      if (isStream) {
        // nginx would collect the events.
        headers.set('x-accel-buffering', 'no')
        headers.delete('content-encoding')
      }
      if (isStream || !headers.has('cache-control')) headers.set('cache-control', 'no-store')
      return response
    },
  }
}

/** Returns whether a request is too small to cause a long turn. A body of unknown length is not small. */
function isSmall(request: HttpRequest): boolean {
  const length =
    request.method === 'GET'
      ? request.target.length
      : Number(request.header('content-length') ?? Number.NaN)
  return length < 300
}

/** Starts `work` as soon as pacing allows its client to. */
function paced(
  pacing: Pacing,
  request: HttpRequest,
  context: RequestContext,
  work: () => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  // Small requests of a user do not wait, so that the user's other clients can continue.
  if (isSmall(request) && context.admission.principal !== null) return work()
  const pause = pacing.before(() => clientOf(context))
  if (pause === null) return work()
  return pause.then((error) =>
    error === null ? work() : errorAnswer(requestError(error), request.header('accept')),
  )
}

const needsStream = withoutStack(
  new GraphQLError('Send a subscription as POST with `Accept: text/event-stream`.', {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  }),
)

type Operate = (request: HttpRequest, context: RequestContext) => Answer | Promise<Answer>

/** Returns a function that reads the operation of an admitted request and runs it. */
function createOperate(
  { pacing, onBug, onOutage }: GraphQLParts,
  charge: GraphQLServerParts['onTurn'],
  run: RunOperation,
): Operate {
  function finish(result: ExecutionResult, request: HttpRequest, context: RequestContext): Answer {
    if (Symbol.asyncIterator in result) {
      // The client accepts no server-sent events, so its subscription ends.
      void (result as object as AsyncIterator<unknown>).return?.()
      return errorAnswer(needsStream, request.header('accept'))
    }
    completeErrors(result, context.requestId, { onBug, onOutage })
    return resultAnswer(result, acceptedMediaType(request.header('accept')) ?? 'application/json')
  }

  function fail(error: unknown, request: HttpRequest, context: RequestContext): Answer {
    return finish({ errors: [maskError(error, '') as GraphQLError] }, request, context)
  }

  function finishLate(result: ExecutionResult, request: HttpRequest, context: RequestContext) {
    const answer = finish(result, request, context)
    // The turns between the answers of the database and this one are not timed.
    charge(context, answer.body.length / charactersPerMs)
    return answer
  }

  function operate(
    read: (text: string) => GraphQLParams,
    text: string,
    request: HttpRequest,
    context: RequestContext,
  ): Answer | Promise<Answer> {
    const since = performance.now()
    let size = text.length
    try {
      const result = run(read(text), request.shown, context)
      if (result instanceof Promise) {
        return result
          .then((settled) => finishLate(settled, request, context))
          .catch((error) => fail(error, request, context))
      }
      const answer = finish(result, request, context)
      size += answer.body.length
      return answer
    } catch (error) {
      return fail(error, request, context)
    } finally {
      // A small request with a small answer takes no time worth charging.
      if (size >= smallSize) charge(context, performance.now() - since)
    }
  }

  return (request, context) => {
    if (request.method === 'GET') {
      const search = request.target.slice(graphqlPath.length)
      return operate(readQueryParameters, search, request, context)
    }
    // Pacing is checked again: concurrent requests all pass before the first one has its body and is charged.
    return request
      .readBody(maxBodySize)
      .then((body) =>
        paced(pacing, request, context, () => operate(readParameters, body, request, context)),
      )
  }
}
