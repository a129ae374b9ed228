const statuses = {
  IDENTITY_MISSING: 401,
  IDENTITY_INVALID: 401,
  IDENTITY_UNAVAILABLE: 503,
} as const

export type IdentityErrorCode = keyof typeof statuses

/**
 * No identity could be verified. `IDENTITY_MISSING`: the request has no `X-Identity`, for example an
 * anonymous request that the proxy lets through. `IDENTITY_INVALID`: the token is not from Latchkey,
 * not for this backend, or not valid at this time. `IDENTITY_UNAVAILABLE`: the keys of Latchkey cannot
 * be fetched. The message contains no part of the token.
 */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly code: IdentityErrorCode
  /** The HTTP status to answer with. */
  readonly status: 401 | 503

  constructor(code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = statuses[code]
  }
}
