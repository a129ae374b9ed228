import { decodeJwt } from 'jose'

/**
 * What an introspection repeats of a JWT that was found valid, beside what it is authenticated by:
 * `client_id` (RFC 9068 §2.2), else `azp` as OpenID Connect has it; `iat`, in seconds since the epoch; `jti`.
 */
export function readTokenClaims(token: string): object {
  const { client_id, azp, iat, jti } = decodeJwt(token)
  const client = client_id ?? azp
  return {
    ...(typeof client === 'string' && { client_id: client }),
    ...(typeof iat === 'number' && { iat: Math.floor(iat) }),
    ...(typeof jti === 'string' && { jti }),
  }
}
