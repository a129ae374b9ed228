import type { StatedGrant } from './directory.ts'
import type { RefusedJwt } from './refused-jwt.ts'

/** A JWT with a valid signature and valid claims. */
export interface VerifiedJwt {
  readonly issuer: string
  readonly subject: string
  /** The scopes of the token, sorted; `null`: it has no scope claim, and the grant of its user decides. */
  readonly scopes: readonly string[] | null
  /** The whole grant of the user, as the issuer states it (`grantClaim`); `null`: the claim is missing. */
  readonly grant: StatedGrant | null
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** `jti` of the token. */
  readonly id: string | null
}

export type JwtRefusal =
  | 'not-a-jws'
  | 'too-long'
  | 'unknown-issuer'
  | 'algorithm'
  | 'type'
  | 'anonymous-user'
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
  | {
      readonly ok: false
      readonly reason: JwtRefusal
      /** Missing if the token could not be parsed. */
      readonly refused?: RefusedJwt
    }

export interface JwtVerifier {
  /**
   * @param now milliseconds since the epoch
   * @throws ServiceUnavailableError when the keys of the issuer cannot be fetched
   */
  verify(token: string, now: number): Promise<JwtVerification>
}
