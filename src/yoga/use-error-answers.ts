import { type ExecutionResult, GraphQLError, type GraphQLErrorOptions } from 'graphql'
import type { MaskError, Plugin } from 'graphql-yoga'
import { outageReasonOf } from './graphql-errors.ts'

/** The causes of masked errors, to be logged with the request id that the caller gets. */
const causes = new WeakMap<GraphQLError, unknown>()

/** Makes the error that a caller sees instead of an unexpected error. */
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

/** Passes errors that are meant for callers, and masks every other error. For Yoga's `maskedErrors`. */
export const maskError: MaskError = (error) => {
  if (!(error instanceof GraphQLError)) return masked(error)
  const cause = causeOf(error)
  if (cause === null) return error
  return masked(cause, { nodes: error.nodes ?? null, path: error.path ?? null })
}

/**
 * Returns the innermost error that is not a GraphQLError, or `null`. graphql-js nests errors of variable
 * values.
 */
function causeOf(error: GraphQLError): unknown {
  let inner: unknown = error
  while (inner instanceof GraphQLError) inner = inner.originalError ?? null
  return inner
}

export interface UseErrorAnswersOptions {
  /** Called once for each unexpected error, with the request id that the caller gets. */
  readonly onBug: (cause: unknown, requestId: string) => void
  /** Called once for each reason why fields of an answer could not be resolved. */
  readonly onOutage: (reason: string, requestId: string) => void
}

/** Completes the errors of each answer that Yoga itself sends: see {@link completeErrors}. */
export function useErrorAnswers(
  listeners: UseErrorAnswersOptions,
): Plugin<object, { readonly requestId: string }> {
  return {
    onResultProcess({ result, serverContext }) {
      const { requestId } = serverContext
      for (const one of Array.isArray(result) ? result : [result]) {
        // A stream has no errors of its own; its parts do.
        if (!(Symbol.asyncIterator in one)) completeErrors(one, requestId, listeners)
      }
    },
  }
}

/**
 * Completes the errors of an answer: an unexpected error gets the request id, which is also in the log. If
 * no field could be resolved because the database is unreachable, the answer becomes a 503.
 */
export function completeErrors(
  { data, errors }: ExecutionResult,
  requestId: string,
  { onBug, onOutage }: UseErrorAnswersOptions,
): void {
  const reasons = new Set((errors ?? []).map(outageReasonOf))
  for (const reason of reasons) if (reason !== null) onOutage(reason, requestId)
  for (const error of errors ?? []) {
    markUnresolved(error)
    nameMethodFault(error)
    if (causes.has(error)) {
      error.extensions.requestId = requestId
      onBug(causes.get(error), requestId)
    } else if (error.extensions.code === 'SERVICE_UNAVAILABLE' && hasNoData(data)) {
      error.extensions.http ??= { status: 503, headers: { 'retry-after': '1' } }
    }
  }
}

function masked(cause: unknown, place?: GraphQLErrorOptions): GraphQLError {
  const error = maskedError(undefined, place)
  causes.set(error, cause)
  return error
}

/**
 * A valid request whose operation does not exist is 400, or 200 as `application/json` (GraphQL over HTTP
 * §6.4.1).
 */
function markUnresolved({ extensions }: GraphQLError): void {
  if (extensions.code === 'OPERATION_RESOLUTION_FAILURE') {
    extensions.http = { status: 400, spec: true }
  }
}

/** Yoga calls a mutation by GET a `BAD_REQUEST`, with the status 405. */
function nameMethodFault({ extensions }: GraphQLError): void {
  const { code, http } = extensions as { code?: unknown; http?: { status?: number } }
  if (code === 'BAD_REQUEST' && http?.status === 405) extensions.code = 'METHOD_NOT_ALLOWED'
}

function hasNoData(data: Record<string, unknown> | null | undefined): boolean {
  return data == null || Object.values(data).every((value) => value === null)
}
