const statuses = {
  IDENTITY_MISSING: 401,
  IDENTITY_INVALID: 401,
  IDENTITY_UNAVAILABLE: 503,
} as const

export type IdentityErrorCode = keyof typeof statuses

/**
 * No identity could be verified. `IDENTITY_MISSING`: there is no `X-Identity`, as for the anonymous
 * where the proxy lets them through. `IDENTITY_INVALID`: it is not by Latchkey, not for this backend or
 * not of now. `IDENTITY_UNAVAILABLE`: Latchkey's keys cannot be had. The message has nothing of the
 * token.
 */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly code: IdentityErrorCode
  /** HTTP status to answer with. */
  readonly status: 401 | 503

  constructor(code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = statuses[code]
  }
}
