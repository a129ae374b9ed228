import { type ExecutionResult, GraphQLError, type GraphQLErrorOptions } from 'graphql'
import type { GraphQLParams, MaskError, Plugin } from 'graphql-yoga'
import { badRequest } from './graphql-errors.ts'

/** What a masked error stood for, so that it can be logged with the id its caller is given. */
const causes = new WeakMap<GraphQLError, unknown>()

/** A bug, as its caller sees it. */
export function maskedError(requestId?: string, place: GraphQLErrorOptions = {}): GraphQLError {
  return new GraphQLError('Something went wrong on our side.', {
    ...place,
    extensions: {
      code: 'INTERNAL_SERVER_ERROR',
      ...(requestId !== undefined && { requestId }),
      http: { status: 500 },
    },
  })
}

/** Lets through what was made to be told, and masks the rest as a bug. For Yoga's `maskedErrors`. */
export const maskError: MaskError = (error) => {
  if (!(error instanceof GraphQLError)) return masked(error)
  const cause = causeOf(error)
  if (cause === null) return error
  return masked(cause, { nodes: error.nodes ?? null, path: error.path ?? null })
}

/** What is no GraphQL error beneath it; graphql-js wraps those of a variable's value in one another. */
function causeOf(error: GraphQLError): unknown {
  let inner: unknown = error
  while (inner instanceof GraphQLError) inner = inner.originalError ?? null
  return inner
}

export interface UseErrorAnswersOptions {
  readonly requestIdOf: (serverContext: object) => string
  /** Told each bug once, with the id that its caller was given. */
  readonly onBug: (cause: unknown, requestId: string) => void
}

/**
 * What an answer with errors still lacks: a bug gets the request's id, by which it is found in the log;
 * one that could not start for its variables or operation name is the client's (GraphQL over HTTP
 * §6.4: 400, or 200 as `application/json`); one of which nothing could be resolved for want of the
 * database is an outage (503).
 */
export function useErrorAnswers({ requestIdOf, onBug }: UseErrorAnswersOptions): Plugin {
  return {
    onParams: ({ params }) => checkParameters(params),

    onExecute: () => ({
      onExecuteDone({ result }) {
        if ('errors' in result && !('data' in result)) markRequestErrors(result)
      },
    }),

    onResultProcess({ result, serverContext }) {
      const requestId = requestIdOf(serverContext)
      for (const one of Array.isArray(result) ? result : [result]) {
        // What is answered bit by bit has no errors as a whole.
        if (!(Symbol.asyncIterator in one)) completeErrors(one, requestId, onBug)
      }
    },
  }
}

/** Gives the errors of an answer what they lack once it is known for which request they are. */
export function completeErrors(
  { data, errors }: ExecutionResult,
  requestId: string,
  onBug: UseErrorAnswersOptions['onBug'],
): void {
  for (const error of errors ?? []) {
    markUnresolved(error)
    if (causes.has(error)) {
      error.extensions.requestId = requestId
      onBug(causes.get(error), requestId)
    } else if (error.extensions.code === 'SERVICE_UNAVAILABLE' && nothingIn(data)) {
      error.extensions.http ??= { status: 503, headers: { 'retry-after': '1' } }
    }
  }
}

function masked(cause: unknown, place?: GraphQLErrorOptions): GraphQLError {
  const error = maskedError(undefined, place)
  causes.set(error, cause)
  return error
}

function markRequestErrors({ errors }: ExecutionResult): void {
  for (const error of errors ?? []) {
    error.extensions.code ??= 'GRAPHQL_VALIDATION_FAILED'
    error.extensions.http ??= { status: 400, spec: true }
  }
}

/**
 * What is no GraphQL request is 400 whatever is accepted (GraphQL over HTTP §6.4.1); Yoga answers 200 to
 * `application/json` without a query, and takes an `operationName` of any type.
 */
function checkParameters({ query, operationName }: GraphQLParams): void {
  if (query === undefined || query === null || query === '')
    throw badRequest('Must provide query string.')
  if (operationName != null && typeof operationName !== 'string') {
    throw badRequest('Expected "operationName" param to be a string.')
  }
}

/** A request that was understood but names no operation is, as `application/json`, 200 (§6.4.1). */
function markUnresolved({ extensions }: GraphQLError): void {
  if (extensions.code === 'OPERATION_RESOLUTION_FAILURE') {
    extensions.http = { status: 400, spec: true }
  }
}

function nothingIn(data: Record<string, unknown> | null | undefined): boolean {
  return data == null || Object.values(data).every((value) => value === null)
}
