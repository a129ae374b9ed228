import { decodeJwt } from 'jose'

/**
 * Reads the claims of a verified JWT that introspection adds to those of the principal: `client_id`
 * (RFC 9068 §2.2), or `azp` (OpenID Connect Core §2) in its place; `iat`, in seconds since the epoch; `jti`.
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
