import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { shownExtensions } from '../graphql/denial.ts'
import { withoutStack } from '../without-stack.ts'

/**
 * Converts a failure that refuses a whole request to a GraphQL error with its HTTP status and headers
 * (`extensions.http`, which Yoga removes from the body). For errors on a field use {@link fieldError}, which
 * sets none: it would change the status of the whole answer.
 */
export function requestError(
  error: LatchkeyError,
  extensions: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  const { status, headers } = error
  const allExtensions = { ...error.extensions, ...extensions, http: { status, headers } }
  return withReason(new GraphQLError(error.message, { extensions: allExtensions }), error)
}

/** Returns an error of {@link requestError} without the HTTP status and headers, which only Yoga removes. */
export function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _, ...extensions } = error.extensions
  return withoutStack(new GraphQLError(error.message, { extensions }))
}

/** The reasons of outages, for the log. They are not on the errors, because these are sent to the caller. */
const outageReasons = new WeakMap<GraphQLError, string>()

/** Returns the reason of an outage; `null` if `error` is not an outage, or its reason is unknown. */
export function outageReasonOf(error: GraphQLError): string | null {
  return outageReasons.get(error) ?? null
}

function withReason(error: GraphQLError, failure: LatchkeyError): GraphQLError {
  if (failure instanceof ServiceUnavailableError && failure.reason !== null) {
    outageReasons.set(error, failure.reason)
  }
  return error
}

/**
 * Makes the error for a request that is not a GraphQL request: 400 for every accepted media type (GraphQL
 * over HTTP §6.4.1).
 */
export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } })
}

/** Makes the error of a field; `thrown` has its location and path. */
export function fieldError(error: LatchkeyError, thrown?: GraphQLError): GraphQLError {
  const location: GraphQLErrorOptions = thrown
    ? { nodes: thrown.nodes ?? null, path: thrown.path ?? null }
    : {}
  const options = { ...location, extensions: shownExtensions(error) }
  return withReason(new GraphQLError(error.message, options), error)
}

/**
 * Returns the failure that `error` is or wraps; graphql-js wraps errors that resolvers throw. `null`: it is
 * another error.
 */
export function latchkeyErrorOf(error: unknown): LatchkeyError | null {
  let inner = error
  while (inner instanceof GraphQLError && inner.originalError) inner = inner.originalError
  return inner instanceof LatchkeyError ? inner : null
}
