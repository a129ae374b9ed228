import type { StatedGrant } from './directory.ts'

/** A JWT whose signature and claims were found good. */
export interface VerifiedJwt {
  readonly issuer: string
  readonly subject: string
  /** What the token carries, sorted. */
  readonly scopes: readonly string[]
  /** The owner's whole grant where the issuer states one (`grantClaim`); `null` where the claim is missing. */
  readonly grant: StatedGrant | null
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** `jti`. */
  readonly id: string | null
}

export type JwtRefusal =
  | 'not-a-jws'
  | 'too-long'
  | 'unknown-issuer'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'signature'
  | 'unknown-key'
  | 'audience'
  | 'expired'
  | 'not-yet-valid'
  | 'issued-in-the-future'
  | 'too-old'
  | 'lifetime'
  | 'claims'

export type JwtVerification =
  | { readonly ok: true; readonly jwt: VerifiedJwt }
  | { readonly ok: false; readonly reason: JwtRefusal }

export interface JwtVerifier {
  /**
   * @param now milliseconds since the epoch
   * @throws ServiceUnavailableError when the issuer's keys cannot be had
   */
  verify(token: string, now: number): Promise<JwtVerification>
}
