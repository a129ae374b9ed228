import { type CryptoKey, importJWK, type JWK } from 'jose'
import { isObject } from '../json.ts'
import {
  allJwsAlgorithms,
  canonicalAlgorithm,
  isJwsAlgorithm,
  type JwsAlgorithm,
  jwsAlgorithms,
  type KeyKind,
} from './algorithms.ts'
import { keyFault } from './unsafe-keys.ts'

/** A public key that may verify signatures. */
export interface VerificationKey {
  readonly id: string | null
  /** The imported key by algorithm: WebCrypto binds an RSA key to one algorithm. */
  readonly byAlgorithm: ReadonlyMap<JwsAlgorithm, CryptoKey>
}

export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** One sentence for each signing key that is too weak or not valid. */
  readonly faults: readonly string[]
}

const maxKeys = 100

/**
 * Returns the fault of a key set that an operator configures, as the end of a sentence, or `null`. A key that
 * is too weak is not found here.
 */
export function keySetFault(document: unknown): string | null {
  if (!isObject(document) || !Array.isArray(document.keys)) return 'is not a JWK Set (RFC 7517 §5)'
  const keys: readonly unknown[] = document.keys
  if (keys.length > maxKeys) return `has more than ${maxKeys} keys`
  if (keys.some((jwk) => isObject(jwk) && (jwk.d !== undefined || jwk.k !== undefined))) {
    return 'contains a private or shared key: leave only the public keys of the issuer in it'
  }
  const usable = keys.some(
    (jwk) => isObject(jwk) && isForSignatures(jwk) && kindOf(jwk) !== undefined,
  )
  return usable ? null : 'contains no key that can verify a signature'
}

/**
 * Imports the keys of a JWK Set (RFC 7517 §5) that may verify a token. Keys for another purpose are ignored;
 * signing keys that are not usable become faults.
 *
 * @throws Error when the document is not a JWK Set or has more than 100 keys
 */
export async function readKeySet(document: unknown): Promise<KeySet> {
  if (!isObject(document) || !Array.isArray(document.keys))
    throw new Error('The document is not a JWK Set (RFC 7517 §5)')
  if (document.keys.length > maxKeys) throw new Error(`The JWK Set has more than ${maxKeys} keys`)
  const keys: VerificationKey[] = []
  const faults: string[] = []
  for (const jwk of document.keys) {
    if (!isObject(jwk) || !isForSignatures(jwk)) continue
    const key = await readKey(jwk)
    if (typeof key === 'string') faults.push(`Key ${JSON.stringify(jwk.kid ?? null)} ${key}.`)
    else keys.push(key)
  }
  return { keys, faults }
}

/**
 * Returns the keys that may verify a signature, at most four: without a `kid` every key of the algorithm is
 * tried, and each one costs a verification.
 */
export function keysFor(
  keys: readonly VerificationKey[],
  algorithm: JwsAlgorithm,
  keyId: string | null,
): readonly CryptoKey[] {
  return keys
    .filter(({ id }) => keyId === null || id === keyId)
    .map(({ byAlgorithm }) => byAlgorithm.get(algorithm))
    .filter((key) => key !== undefined)
    .slice(0, 4)
}

type Jwk = Readonly<Record<string, unknown>>

function isForSignatures({ kty, use, key_ops, alg }: Jwk): boolean {
  if (kty === 'oct' || (use !== undefined && use !== 'sig')) return false
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return false
  return alg === undefined || (typeof alg === 'string' && isJwsAlgorithm(alg))
}

/** Returns the key, or its fault as the end of a sentence. */
async function readKey(jwk: Jwk): Promise<VerificationKey | string> {
  if (jwk.d !== undefined) return 'is published with its private part'
  const kind = kindOf(jwk)
  if (kind === undefined) return 'is of a type or curve that no accepted algorithm uses'
  const [first, ...others] = algorithmsOf(kind, jwk.alg)
  if (first === undefined) return `is not for ${jwk.alg}`
  try {
    const key = await importKey(jwk, first)
    const fault = await keyFault(key)
    if (fault !== null) return fault
    const byAlgorithm = new Map([[first, key]])
    for (const algorithm of others) byAlgorithm.set(algorithm, await importKey(jwk, algorithm))
    return { id: typeof jwk.kid === 'string' ? jwk.kid : null, byAlgorithm }
  } catch {
    return 'cannot be read'
  }
}

function kindOf({ kty, crv }: Jwk): KeyKind | undefined {
  if (kty === 'RSA') return 'RSA'
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521')) return crv
  if (kty === 'OKP' && crv === 'Ed25519') return crv
  return undefined
}

/** Returns the algorithms of a key: those of its `kind`, or the one that its `alg` names. */
function algorithmsOf(kind: KeyKind, alg: unknown): readonly JwsAlgorithm[] {
  return allJwsAlgorithms.filter(
    (one) => jwsAlgorithms[one].kind === kind && (alg === undefined || isSame(one, alg)),
  )
}

function isSame(algorithm: JwsAlgorithm, alg: unknown): boolean {
  const named = typeof alg === 'string' && isJwsAlgorithm(alg) ? canonicalAlgorithm(alg) : null
  return canonicalAlgorithm(algorithm) === named
}

/** @throws when a member is missing or wrong, or the point of an EC key is not on its curve */
async function importKey(jwk: Jwk, algorithm: JwsAlgorithm): Promise<CryptoKey> {
  const { kty, crv, n, e, x, y } = jwk
  const members =
    kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }
  const key = await importJWK(members as JWK, algorithm, { extractable: true })
  if (key instanceof Uint8Array) throw new TypeError('The key is a shared secret.')
  return key
}
