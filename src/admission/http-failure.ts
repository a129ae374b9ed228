import {
  BadUserInputError,
  ConflictError,
  InsufficientScopeError,
  InvalidCredentialError,
  InvalidDocumentError,
  InvalidRequestError,
  type LatchkeyError,
  NotFoundError,
  RateLimitedError,
  ScopesNotHeldError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../errors.ts'

/** The HTTP status and header fields of a failure. */
export interface HttpFailure {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Maps a failure that refuses a whole request to HTTP: RFC 6750 §3 for challenges, RFC 9110 §10.2.3 for
 * `Retry-After`.
 */
export function httpFailure(error: LatchkeyError): HttpFailure {
  if (error instanceof UnauthenticatedError) return challenge(401)
  if (error instanceof InvalidCredentialError) {
    return challenge(401, 'invalid_token', { error_description: error.message })
  }
  if (error instanceof InvalidRequestError) {
    return challenge(400, 'invalid_request', { error_description: error.message })
  }
  if (error instanceof InsufficientScopeError) {
    return challenge(403, 'insufficient_scope', { scope: error.neededScopes.join(' ') })
  }
  if (error instanceof RateLimitedError) return retryLater(429, error.retryAfterSeconds)
  if (error instanceof ServiceUnavailableError) return retryLater(503, error.retryAfterSeconds)
  if (error instanceof NotFoundError) return { status: 404, headers: {} }
  if (error instanceof ConflictError) return { status: 409, headers: {} }
  if (error instanceof BadUserInputError) return { status: 400, headers: {} }
  return { status: 403, headers: {} }
}

/** Attribute values are fixed texts and scope names, which contain no quote and no backslash. */
function challenge(
  status: number,
  error?: string,
  attributes: Readonly<Record<string, string>> = {},
): HttpFailure {
  const pairs = Object.entries({ realm: 'latchkey', ...(error && { error }), ...attributes })
  const value = `Bearer ${pairs.map(([name, text]) => `${name}="${text}"`).join(', ')}`
  return { status, headers: { 'www-authenticate': value } }
}

function retryLater(status: number, seconds: number): HttpFailure {
  return { status, headers: { 'retry-after': String(Math.max(1, Math.ceil(seconds))) } }
}

/** Returns the `extensions` of a GraphQL error for a failure, without `http`. */
export function errorExtensions(error: LatchkeyError): Record<string, unknown> {
  const { code } = error
  if (error instanceof InsufficientScopeError) return { code, ...error.scopes }
  if (error instanceof ScopesNotHeldError) return { code, missingScopes: error.missingScopes }
  if (error instanceof InvalidDocumentError) {
    return { code, field: error.field, errors: error.faults }
  }
  if (error instanceof BadUserInputError) return { code, field: error.field }
  return { code }
}
