import { type ExecutionResult, GraphQLError } from 'graphql'
import type { GraphQLParams } from 'graphql-yoga'
import { acceptedMediaType } from '../graphql/media-types.ts'
import { withoutStack } from '../without-stack.ts'
import { type Answer, errorAnswer } from '../yoga/error-answer.ts'
import { type RunOperation, resultAnswer } from '../yoga/run-operation.ts'
import {
  completeErrors,
  maskError,
  type UseErrorAnswersOptions,
} from '../yoga/use-error-answers.ts'
import type { HttpRequest } from './endpoint.ts'
import type { GraphQLPacing } from './graphql-pacing.ts'
import { readParameters, readQueryParameters } from './graphql-parameters.ts'
import { graphqlPath, maxBodySize } from './graphql-server.ts'
import type { RequestContext } from './request-context.ts'

/**
 * The approximate number of characters of an answer from the database that are read, resolved and written
 * per millisecond.
 */
const charactersPerMs = 4_000
/** The size of a request and its answer together below which no work is charged, in characters. */
const smallSize = 2_000

const needsStream = withoutStack(
  new GraphQLError('Send a subscription as POST with `Accept: text/event-stream`.', {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  }),
)

type Operate = (request: HttpRequest, context: RequestContext) => Answer | Promise<Answer>

/** Returns a function that reads the operation of an admitted request and runs it, with Yoga's plugins. */
export function createOperate(
  run: RunOperation,
  pacing: GraphQLPacing,
  listeners: UseErrorAnswersOptions,
): Operate {
  function finish(result: ExecutionResult, request: HttpRequest, context: RequestContext): Answer {
    if (Symbol.asyncIterator in result) {
      // The client accepts no server-sent events, so its subscription ends.
      void (result as object as AsyncIterator<unknown>).return?.()
      return errorAnswer(needsStream, request.header('accept'))
    }
    completeErrors(result, context.requestId, listeners)
    return resultAnswer(result, acceptedMediaType(request.header('accept')) ?? 'application/json')
  }

  function fail(error: unknown, request: HttpRequest, context: RequestContext): Answer {
    return finish({ errors: [maskError(error, '') as GraphQLError] }, request, context)
  }

  function finishLate(result: ExecutionResult, request: HttpRequest, context: RequestContext) {
    const answer = finish(result, request, context)
    // The turns between the answers of the database and this one are not timed.
    pacing.charge(context, answer.body.length / charactersPerMs)
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
      if (size >= smallSize) pacing.charge(context, performance.now() - since)
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
        pacing.run(request, context, () => operate(readParameters, body, request, context)),
      )
  }
}
