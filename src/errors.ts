import { problemResponse } from './problem-response.ts'
import { sorted } from './scopes.ts'

/**
 * The codes of the errors that are shown to a caller, as `extensions.code`. Any other error is a bug and is
 * masked.
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

/** The HTTP status of an answer that refuses a whole request. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  INVALID_CREDENTIAL: 401,
  INVALID_REQUEST: 400,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
}

export abstract class LatchkeyError extends Error {
  abstract readonly code: ErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  /** The HTTP status of an answer that refuses a whole request because of this error. */
  get status(): number {
    return statuses[this.code]
  }

  /**
   * The header fields of that answer, with names in lower case: `www-authenticate` (RFC 6750 §3) or
   * `retry-after` (RFC 9110 §10.2.3).
   */
  get headers(): Readonly<Record<string, string>> {
    return {}
  }

  /** The `extensions` of a GraphQL error. graphql-js adds them to the error of the field that throws this. */
  get extensions(): Readonly<Record<string, unknown>> {
    return { code: this.code }
  }

  /** Returns that answer, with problem details (RFC 9457) as its body. */
  toResponse(): Response {
    return problemResponse(this.status, this.message, this.headers)
  }
}

/** Attribute values are fixed texts and scope names, which contain no quote and no backslash. */
function challenge(attributes: Readonly<Record<string, string>> = {}) {
  const pairs = Object.entries({ realm: 'latchkey', ...attributes })
  const value = `Bearer ${pairs.map(([name, text]) => `${name}="${text}"`).join(', ')}`
  return { 'www-authenticate': value }
}

function retryAfter(seconds: number) {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
}

/** The request has no credential, and the operation needs one. */
export class UnauthenticatedError extends LatchkeyError {
  readonly code = 'UNAUTHENTICATED'

  constructor(message = 'This needs a credential: send an API key or a JWT.') {
    super(message)
  }

  override get headers(): Readonly<Record<string, string>> {
    return challenge()
  }
}

/** The credential is not valid. The message reveals nothing that its sender may not know. */
export class InvalidCredentialError extends LatchkeyError {
  readonly code = 'INVALID_CREDENTIAL'

  constructor(message = 'The credential is not valid.') {
    super(message)
  }

  override get headers(): Readonly<Record<string, string>> {
    return challenge({ error: 'invalid_token', error_description: this.message })
  }
}

/** The request has more than one credential, or an ambiguous one (RFC 6750 §3.1). */
export class InvalidRequestError extends LatchkeyError {
  readonly code = 'INVALID_REQUEST'

  override get headers(): Readonly<Record<string, string>> {
    return challenge({ error: 'invalid_request', error_description: this.message })
  }
}

export interface MissingScopes {
  /** The alternatives: the scopes of any one inner list are enough. */
  readonly requiredScopes: readonly (readonly string[])[]
  /** The scopes that the caller lacks from the alternative it comes closest to, sorted. */
  readonly missingScopes: readonly string[]
  /** The scopes in `missingScopes` that the credential has but the grant of its owner lacks, sorted. */
  readonly notGranted: readonly string[]
}

/** The principal lacks scopes that the operation needs. No part of the operation was executed. */
export class InsufficientScopeError extends LatchkeyError {
  readonly code = 'FORBIDDEN'
  readonly scopes: MissingScopes
  /** The URL of a page on which the caller can get the missing scopes; `null`: none. */
  readonly help: string | null

  constructor(scopes: MissingScopes, message?: string, help: string | null = null) {
    super(message ?? `This needs ${listScopes(scopes.missingScopes)}, which you do not hold.`)
    this.scopes = scopes
    this.help = help
  }

  /** The alternative that the caller comes closest to: the `scope` of the challenge (RFC 6750 §3). */
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

  override get headers(): Readonly<Record<string, string>> {
    return challenge({ error: 'insufficient_scope', scope: this.neededScopes.join(' ') })
  }

  override get extensions(): Readonly<Record<string, unknown>> {
    return { code: this.code, ...this.scopes, ...(this.help !== null && { help: this.help }) }
  }
}

/** A mutation would grant scopes that its caller does not hold, or return data that it may not read. */
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

  override get extensions(): Readonly<Record<string, unknown>> {
    return { code: this.code, missingScopes: this.missingScopes }
  }
}

/** A field of the input is not valid. `field` is its path in the input, such as `metadata`. */
export class BadUserInputError extends LatchkeyError {
  readonly code = 'BAD_USER_INPUT'
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }

  override get extensions(): Readonly<Record<string, unknown>> {
    return { code: this.code, field: this.field }
  }
}

export interface DocumentFault {
  readonly message: string
  /** The positions in the document. Lines and columns count from 1. */
  readonly locations: readonly { readonly line: number; readonly column: number }[]
  /** The name of the limit that was exceeded, if the fault is one. */
  readonly limit?: string
}

/** A GraphQL document in the input, or its variables or operation name, is not valid. */
export class InvalidDocumentError extends BadUserInputError {
  readonly faults: readonly DocumentFault[]

  constructor(field: string, faults: readonly DocumentFault[]) {
    super(field, faults[0]?.message ?? `\`${field}\` is not valid.`)
    this.faults = faults
  }

  override get extensions(): Readonly<Record<string, unknown>> {
    return { ...super.extensions, errors: this.faults }
  }
}

/** The target does not exist or belongs to another user. The error does not distinguish the two. */
export class NotFoundError extends LatchkeyError {
  readonly code = 'NOT_FOUND'

  constructor(what: 'API key' | 'user') {
    super(`There is no such ${what}, or this credential may not change it.`)
  }
}

/** The present state does not allow the change, such as a limit, a duplicate or a rotation under way. */
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

  override get headers(): Readonly<Record<string, string>> {
    return retryAfter(this.retryAfterSeconds)
  }
}

export interface UnavailabilityOptions {
  /** The seconds after which the caller may try again. Default 1. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
  readonly reason?: string | null
  /** Default: a sentence for callers, which discloses nothing. */
  readonly message?: string
}

/** The database or an issuer cannot be reached, so no decision is possible. The credential may be valid. */
export class ServiceUnavailableError extends LatchkeyError {
  readonly code = 'SERVICE_UNAVAILABLE'
  readonly retryAfterSeconds: number
  /** A short reason for the log. It is never shown to the caller. */
  readonly reason: string | null

  constructor(options: UnavailabilityOptions = {}) {
    super(options.message ?? 'The service cannot answer right now. Try again shortly.', {
      cause: options.cause,
    })
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
    this.reason = options.reason ?? null
  }

  override get headers(): Readonly<Record<string, string>> {
    return retryAfter(this.retryAfterSeconds)
  }
}

function listScopes(scopes: readonly string[]): string {
  const names = scopes.map((scope) => `\`${scope}\``)
  return names.length === 1 ? `scope ${names[0]}` : `scopes ${names.join(', ')}`
}
