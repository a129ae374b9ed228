import { type ExecutionResult, GraphQLError, type GraphQLErrorOptions } from 'graphql'
import type { MaskError, Plugin } from 'graphql-yoga'
import { outageReasonOf } from './graphql-errors.ts'

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
  /** Told each bug once, with the id that its caller was given. */
  readonly onBug: (cause: unknown, requestId: string) => void
  /** Called once for each reason for which fields of an answer could not be resolved. */
  readonly onOutage: (reason: string, requestId: string) => void
}

/** By the server context's id of the request. */
type RequestWithId = { readonly requestId: string }

/** Gives each answer that Yoga makes a Response of what its errors lack: see `completeErrors`. */
export function useErrorAnswers(listeners: UseErrorAnswersOptions): Plugin<object, RequestWithId> {
  return {
    onResultProcess({ result, serverContext }) {
      const { requestId } = serverContext
      for (const one of Array.isArray(result) ? result : [result]) {
        // What is answered bit by bit has no errors as a whole.
        if (!(Symbol.asyncIterator in one)) completeErrors(one, requestId, listeners)
      }
    },
  }
}

/**
 * What the errors of an answer still lack: a bug gets the request's id, by which it is found in the
 * log; where nothing could be resolved for want of the database it is an outage (503).
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

/** A request that was understood but names no operation is, as `application/json`, 200 (§6.4.1). */
function markUnresolved({ extensions }: GraphQLError): void {
  if (extensions.code === 'OPERATION_RESOLUTION_FAILURE') {
    extensions.http = { status: 400, spec: true }
  }
}

function hasNoData(data: Record<string, unknown> | null | undefined): boolean {
  return data == null || Object.values(data).every((value) => value === null)
}
