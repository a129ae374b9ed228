import { isUtf8 } from 'node:buffer'
import { isObject } from '../json.ts'
import { isJwsAlgorithm, type JwsAlgorithm, jwsAlgorithms } from '../jwks/algorithms.ts'
import { maxTokenLength } from '../jwks/token-length.ts'
import type { Claims } from './claims.ts'
import type { JwtRefusal } from './jwt.ts'

/** The header and claims of a compact JWS (RFC 7515 §7.1) before its signature is verified. */
export interface Jws {
  readonly algorithm: JwsAlgorithm
  readonly keyId: string | null
  /** `typ` in lower case, without `application/` (RFC 7515 §4.1.9). */
  readonly type: string | null
  readonly claims: Claims
}

/**
 * Parses a token, or returns the reason why it can never be accepted. Only one encoding of a token is
 * accepted, so that a cache by text contains it once. `jwk`, `jku`, `x5u` and `x5c` are never read (RFC 8725
 * §3.10): only the keys of the issuer are used.
 */
export function readJws(token: string): Jws | JwtRefusal {
  if (token.length > maxTokenLength) return 'too-long'
  const parts = token.split('.', 4)
  const [first, second, third] = parts
  if (parts.length !== 3 || !first || !second || !third) return 'not-a-jws'
  const headerBytes = decodeCanonically(first)
  const claimsBytes = decodeCanonically(second)
  const signature = decodeCanonically(third)
  if (!headerBytes || !claimsBytes || !signature) return 'not-a-jws'

  const header = readJsonObject(headerBytes)
  if (header === undefined) return 'header'
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return 'header'
  if (!isJwsAlgorithm(alg)) return 'algorithm'
  if (kid !== undefined && typeof kid !== 'string') return 'header'
  if (typ !== undefined && typeof typ !== 'string') return 'header'
  // No extension is supported (RFC 7515 §4.1.11), nor is an unencoded payload (RFC 7797).
  if (header.crit !== undefined || header.b64 !== undefined) return 'header'
  if (!couldBeSignature(signature, alg)) return 'signature'

  const claims = readJsonObject(claimsBytes)
  if (claims === undefined) return 'claims'
  return {
    algorithm: alg,
    keyId: kid ?? null,
    type: typ?.toLowerCase().replace(/^application\//, '') ?? null,
    claims,
  }
}

/** Refuses padding, white space, the other alphabet and wrong last bits, which Node's decoder accepts. */
function decodeCanonically(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Checks the length of a signature, which refuses a DER-encoded ECDSA signature for example. */
function couldBeSignature(signature: Buffer, algorithm: JwsAlgorithm): boolean {
  const { signatureBytes } = jwsAlgorithms[algorithm]
  return signatureBytes === null ? signature.length >= 256 : signature.length === signatureBytes
}

/** Parses a JSON object in UTF-8 whose members have distinct names (RFC 7515 §4, RFC 7519 §4). */
function readJsonObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  return countMembers(text) === Object.keys(value).length ? value : undefined
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Counts the members of the object in `text` (valid JSON). Members of the same name count each. */
function countMembers(text: string): number {
  let depth = 0
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === colon && depth === 1) members++
    else if (code === 0x7b || code === 0x5b) depth++
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return members
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++
  return backslashes % 2 === 1
}
