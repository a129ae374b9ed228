import { decodeJwt } from 'jose'

/** What an introspection repeats of a JWT beside what it is authenticated by. */
export interface TokenClaims {
  readonly client_id?: string
  /** Seconds since the epoch. */
  readonly iat?: number
  readonly jti?: string
}

/** Of a JWT that was found valid: `client_id` (RFC 9068 §2.2), else `azp` as OpenID Connect has it. */
export function readTokenClaims(token: string): TokenClaims {
  const { client_id, azp, iat, jti } = decodeJwt(token)
  const client = client_id ?? azp
  return {
    ...(typeof client === 'string' && { client_id: client }),
    ...(typeof iat === 'number' && { iat: Math.floor(iat) }),
    ...(typeof jti === 'string' && { jti }),
  }
}
