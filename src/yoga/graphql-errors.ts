import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import { errorExtensions, httpFailure } from '../admission/http-failure.ts'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'

/**
 * The one place where a failure becomes a GraphQL error. One that refuses a whole request brings its
 * HTTP status and headers along (`extensions.http`, which Yoga takes out of the body); one on a field
 * must not, since it would change the status of the whole answer.
 */
export function requestError(
  error: LatchkeyError,
  extensions: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  const allExtensions = { ...errorExtensions(error), ...extensions, http: httpFailure(error) }
  return withReason(new GraphQLError(error.message, { extensions: allExtensions }), error)
}

/** Why something could not be reached, for the log: the error itself is sent to the caller. */
const outageReasons = new WeakMap<GraphQLError, string>()

/** The reason of an outage; `null` where `error` is none, or its reason is not known. */
export function outageReasonOf(error: GraphQLError): string | null {
  return outageReasons.get(error) ?? null
}

function withReason(error: GraphQLError, failure: LatchkeyError): GraphQLError {
  if (failure instanceof ServiceUnavailableError && failure.reason !== null) {
    outageReasons.set(error, failure.reason)
  }
  return error
}

/** What is no GraphQL request: 400 whatever is accepted (GraphQL over HTTP §6.4.1). */
export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } })
}

/** A field's error; `thrown` tells where. */
export function fieldError(error: LatchkeyError, thrown?: GraphQLError): GraphQLError {
  const location: GraphQLErrorOptions = thrown
    ? { nodes: thrown.nodes ?? null, path: thrown.path ?? null }
    : {}
  const options = { ...location, extensions: errorExtensions(error) }
  return withReason(new GraphQLError(error.message, options), error)
}

/** The failure that `error` is or wraps, as graphql-js wraps what a resolver throws. */
export function latchkeyErrorOf(error: unknown): LatchkeyError | null {
  let inner = error
  while (inner instanceof GraphQLError && inner.originalError) inner = inner.originalError
  return inner instanceof LatchkeyError ? inner : null
}
