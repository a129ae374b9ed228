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
  /** Latchkey's `PUBLIC_URL`. */
  readonly issuer: string
  /** This backend's own name: what `audience` the proxy asks for. */
  readonly audience: string
  /** Where Latchkey's public keys are. Default `<issuer>/.well-known/jwks.json`. */
  readonly jwksUri?: string
  /**
   * How long past its end a token is taken, in seconds. Default 0: a token comes with at least half of
   * its minute left, which clocks that differ by less need no more than.
   */
  readonly clockToleranceSeconds?: number
  /** Default the global one. */
  readonly fetch?: typeof fetch
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

export interface IdentityVerifier {
  /**
   * Who is asking, by the `X-Identity` of a request, and by nothing else in it.
   *
   * @throws IdentityError whose `status` is the one to answer with
   */
  verify(request: RequestLike): Promise<Principal>
}

/** What Latchkey signs identity tokens with. */
const identityAlgorithms = ['EdDSA', 'ES256'] as const

/**
 * Verifies the identity tokens that Latchkey signs for one backend: a JWS of type `identity+jwt`, by a
 * key that Latchkey publishes, with this backend as its audience and at most 60 seconds old. Needs
 * nothing of Node's.
 *
 * @throws TypeError when the issuer or the audience is missing: nothing would be checked then
 */
export function createIdentityVerifier(options: IdentityVerifierOptions): IdentityVerifier {
  const { audience, now = Date.now, clockToleranceSeconds: tolerance = 0 } = options
  const issuer = options.issuer?.replace(/\/+$/, '')
  if (!issuer || !audience) throw new TypeError('Both `issuer` and `audience` are needed.')
  const keys = identityKeys({
    url: options.jwksUri ?? `${issuer}/.well-known/jwks.json`,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now,
  })

  return {
    async verify(request) {
      const token = readIdentityHeader(request)
      if (token === '') throw new IdentityError('IDENTITY_MISSING', 'There is no identity token.')
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
  // RFC 8725 §3.11: no other token of Latchkey's is taken for one.
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
