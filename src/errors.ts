import { sorted } from './scopes.ts'

/**
 * The failures that a caller is told about. Everything else is a bug and is masked.
 *
 * Each class carries the `extensions.code` of the GraphQL answer; which HTTP status and challenge
 * belong to a code is decided in one place, where errors become responses.
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'INVALID_CREDENTIAL'
  | 'INVALID_REQUEST'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'SERVICE_UNAVAILABLE'

export abstract class LatchkeyError extends Error {
  abstract readonly code: ErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** No credential where one is needed. */
export class UnauthenticatedError extends LatchkeyError {
  readonly code = 'UNAUTHENTICATED'

  constructor(message = 'This needs a credential: send an API key or a JWT.') {
    super(message)
  }
}

/** A credential was sent and is not valid. The message never says more than the sender may know. */
export class InvalidCredentialError extends LatchkeyError {
  readonly code = 'INVALID_CREDENTIAL'

  constructor(message = 'The credential is not valid.') {
    super(message)
  }
}

/** The request carries its credential in a way that no single reading is right (RFC 6750 §3.1). */
export class InvalidRequestError extends LatchkeyError {
  readonly code = 'INVALID_REQUEST'
}

export interface MissingScopes {
  /** Any one inner list would suffice. */
  readonly requiredScopes: readonly (readonly string[])[]
  /** What the caller lacks of the nearest list, sorted. */
  readonly missingScopes: readonly string[]
  /** Those of `missingScopes` that the credential carries but its owner's grant withholds, sorted. */
  readonly notGranted: readonly string[]
}

/** The principal lacks scopes that the operation needs: nothing of it was executed. */
export class InsufficientScopeError extends LatchkeyError {
  readonly code = 'FORBIDDEN'
  readonly scopes: MissingScopes

  constructor(scopes: MissingScopes, message?: string) {
    super(message ?? `This needs ${listScopes(scopes.missingScopes)}, which you do not hold.`)
    this.scopes = scopes
  }

  /** The whole alternative that the caller is nearest to (RFC 6750 §3: the scope that is necessary). */
  get neededScopes(): readonly string[] {
    const { requiredScopes, missingScopes } = this.scopes
    const missing = new Set(missingScopes)
    const nearest = requiredScopes.find(
      (list) =>
        missingScopes.every((scope) => list.includes(scope)) &&
        list.some((scope) => missing.has(scope)),
    )
    return nearest ?? missingScopes
  }
}

/** A mutation would hand out scopes, or tell what takes scopes to read, that its caller does not hold. */
export class ScopesNotHeldError extends LatchkeyError {
  readonly code = 'FORBIDDEN'
  /** Sorted. */
  readonly missingScopes: readonly string[]

  constructor(missingScopes: readonly string[], message?: string) {
    const missing = sorted(missingScopes)
    const them = missing.length === 1 ? 'it' : 'them'
    super(message ?? `You do not hold ${listScopes(missing)} and so cannot hand ${them} out.`)
    this.missingScopes = missing
  }
}

/** One input field is not acceptable. `field` is its path in the input, such as `metadata`. */
export class BadUserInputError extends LatchkeyError {
  readonly code = 'BAD_USER_INPUT'
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

export interface DocumentFault {
  readonly message: string
  /** In the document; lines and columns count from 1. */
  readonly locations: readonly { readonly line: number; readonly column: number }[]
  /** Which limit was exceeded, where one was. */
  readonly limit?: string
}

/** A GraphQL document that was handed over as input, or what came with it, cannot be used. */
export class InvalidDocumentError extends BadUserInputError {
  readonly faults: readonly DocumentFault[]

  constructor(field: string, faults: readonly DocumentFault[]) {
    super(field, faults[0]?.message ?? `\`${field}\` is not valid.`)
    this.faults = faults
  }
}

/** The thing is not there, or not the caller's: the two are never told apart. */
export class NotFoundError extends LatchkeyError {
  readonly code = 'NOT_FOUND'

  constructor(what: 'API key' | 'user') {
    super(`There is no such ${what}, or it is not this credential's to change.`)
  }
}

/** The state of things does not allow it now. */
export class ConflictError extends LatchkeyError {
  readonly code = 'CONFLICT'
}

export class RateLimitedError extends LatchkeyError {
  readonly code = 'RATE_LIMITED'
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number, message = 'Too many requests. Try again later.') {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface UnavailabilityOptions {
  /** Default: 1. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
  readonly reason?: string | null
}

/** Something that is needed to decide cannot be reached. Never the credential's fault. */
export class ServiceUnavailableError extends LatchkeyError {
  readonly code = 'SERVICE_UNAVAILABLE'
  readonly retryAfterSeconds: number
  /** A word for the log; never shown to the caller. */
  readonly reason: string | null

  constructor(options: UnavailabilityOptions = {}) {
    super('The service cannot answer right now. Try again shortly.', {
      cause: options.cause,
    })
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
    this.reason = options.reason ?? null
  }
}

function listScopes(scopes: readonly string[]): string {
  const names = scopes.map((scope) => `\`${scope}\``)
  return names.length === 1 ? `scope ${names[0]}` : `scopes ${names.join(', ')}`
}
