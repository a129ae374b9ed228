import { type CryptoKey, compactVerify, decodeProtectedHeader } from 'jose'
import { isObject } from '../json.ts'
import type { KeyCache } from '../jwks/key-cache.ts'
import { maxTokenLength } from '../jwks/token-length.ts'
import type { Principal } from '../principal.ts'
import { principalOfClaims } from './claims.ts'
import { IdentityError } from './errors.ts'
import { type RequestLike, readIdentityHeader } from './header.ts'
import { identityKeys } from './keys.ts'

export interface IdentityVerifierOptions {
  /** The `PUBLIC_URL` of Latchkey. */
  readonly issuer: string
  /** The name of this backend: the `audience` that the proxy asks for. */
  readonly audience: string
  /** The URL of Latchkey's public keys. Default: `<issuer>/.well-known/jwks.json`. */
  readonly jwksUri?: string
  /**
   * The time after its `exp` for which a token is still accepted, in seconds. Default: 0. A token is
   * issued to a request with at least 30 of its 60 seconds left, so clocks that differ by less need no
   * tolerance.
   */
  readonly clockToleranceSeconds?: number
  /** The function that fetches the keys. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** The clock. Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number
}

export interface IdentityVerifier {
  /**
   * Returns the principal that the `X-Identity` header of a request states. Nothing else in the request
   * is read.
   *
   * @throws IdentityError, whose `status` is the HTTP status to answer with
   */
  verify(request: RequestLike): Promise<Principal>
}

/** The algorithms with which Latchkey signs identity tokens. */
const identityAlgorithms = ['EdDSA', 'ES256'] as const

/**
 * Creates a verifier of the identity tokens that Latchkey signs for one backend: a JWS of the type
 * `identity+jwt`, signed with a key that Latchkey publishes, with this backend as its audience and a
 * lifetime of at most 60 seconds. It uses no API of Node.
 *
 * @throws TypeError if the issuer or the audience is missing, because nothing would be checked then
 */
export function createIdentityVerifier(options: IdentityVerifierOptions): IdentityVerifier {
  const { audience, now = Date.now, clockToleranceSeconds: tolerance = 0 } = options
  const issuer = options.issuer?.replace(/\/+$/, '')
  if (!issuer || !audience)
    throw new TypeError('createIdentityVerifier needs both `issuer` and `audience`.')
  const keys = identityKeys({
    url: options.jwksUri ?? `${issuer}/.well-known/jwks.json`,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now,
  })

  return {
    async verify(request) {
      const token = readIdentityHeader(request)
      if (token === '')
        throw new IdentityError(
          'IDENTITY_MISSING',
          'The request has no identity token (X-Identity).',
        )
      const claims = token.length > maxTokenLength ? null : await verifiedClaims(token, keys)
      const expected = { issuer, audience, tolerance }
      const principal = claims && principalOfClaims(claims, expected, now() / 1000)
      if (principal === null) {
        throw new IdentityError('IDENTITY_INVALID', 'The identity token is not valid.')
      }
      return principal
    },
  }
}

async function verifiedClaims(
  token: string,
  keys: KeyCache,
): Promise<Record<string, unknown> | null> {
  const header = headerOf(token)
  // No other token of Latchkey is accepted as an identity token (RFC 8725 §3.11).
  if (header?.typ !== 'identity+jwt' || typeof header.kid !== 'string') return null
  const algorithm = identityAlgorithms.find((name) => name === header.alg)
  if (algorithm === undefined) return null
  for (const key of await keys.find(algorithm, header.kid)) {
    const payload = await verifiedPayload(token, key, algorithm)
    if (payload !== null) return readClaims(payload)
  }
  return null
}

async function verifiedPayload(
  token: string,
  key: CryptoKey,
  algorithm: string,
): Promise<Uint8Array | null> {
  try {
    return (await compactVerify(token, key, { algorithms: [algorithm] })).payload
  } catch {
    return null
  }
}

function readClaims(payload: Uint8Array): Record<string, unknown> | null {
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    return isObject(claims) ? claims : null
  } catch {
    return null
  }
}

function headerOf(token: string) {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return null
  }
}
