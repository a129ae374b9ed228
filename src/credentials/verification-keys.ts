import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isObject } from './claims.ts'
import { isJwsAlgorithm, type JwsAlgorithm, jwsAlgorithms, type KeyKind } from './jwt-algorithms.ts'

/** A public key that an issuer signs with. */
export interface VerificationKey {
  readonly id: string | null
  readonly kind: KeyKind
  /** The one algorithm that it is for; `null`: any that fits `kind`. */
  readonly algorithm: JwsAlgorithm | null
  readonly key: KeyObject
}

export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** Signing keys that are too weak or broken to use, each in a sentence. */
  readonly faults: readonly string[]
}

const maxKeys = 100
const rsaBits = { least: 2048, most: 16_384 }

/**
 * The keys of a JWK Set (RFC 7517 §5) that may verify a token. Keys for something else are passed over;
 * those meant for signatures and unfit are told of.
 *
 * @throws Error when it is no JWK Set
 */
export function readKeySet(document: unknown): KeySet {
  if (!isObject(document) || !Array.isArray(document.keys))
    throw new Error('The key document is no JWK Set')
  if (document.keys.length > maxKeys) throw new Error(`The JWK Set has more than ${maxKeys} keys`)
  const keys: VerificationKey[] = []
  const faults: string[] = []
  for (const jwk of document.keys) {
    if (!isObject(jwk) || !isForSignatures(jwk)) continue
    const key = readKey(jwk)
    if (typeof key === 'string') faults.push(`Key ${JSON.stringify(jwk.kid ?? null)} ${key}.`)
    else keys.push(key)
  }
  return { keys, faults }
}

/**
 * Keys that could have made a signature, at most four: a token without `kid` may mean any of its
 * algorithm's, and each one tried costs a verification.
 */
export function keysFor(
  keys: readonly VerificationKey[],
  algorithm: JwsAlgorithm,
  keyId: string | null,
): readonly KeyObject[] {
  const { kind } = jwsAlgorithms[algorithm]
  return keys
    .filter((key) => keyId === null || key.id === keyId)
    .filter((key) => key.kind === kind && (kind === 'Ed25519' || fits(key, algorithm)))
    .slice(0, 4)
    .map(({ key }) => key)
}

function fits(key: VerificationKey, algorithm: JwsAlgorithm): boolean {
  return key.algorithm === null || key.algorithm === algorithm
}

type Jwk = Readonly<Record<string, unknown>>

function isForSignatures({ kty, use, key_ops, alg }: Jwk): boolean {
  if (kty === 'oct' || (use !== undefined && use !== 'sig')) return false
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return false
  return alg === undefined || (typeof alg === 'string' && isJwsAlgorithm(alg))
}

/** The key, or what is wrong with it. */
function readKey(jwk: Jwk): VerificationKey | string {
  if (jwk.d !== undefined) return 'is published with its private part'
  const kind = kindOf(jwk)
  if (kind === undefined) return 'is of a type or curve that no accepted algorithm uses'
  const algorithm = typeof jwk.alg === 'string' && isJwsAlgorithm(jwk.alg) ? jwk.alg : null
  if (algorithm !== null && jwsAlgorithms[algorithm].kind !== kind) return `is not for ${algorithm}`
  const key = importKey(jwk)
  if (key === undefined) return 'cannot be read'
  const fault = kind === 'RSA' ? rsaFault(key) : null
  if (fault !== null) return fault
  return { id: typeof jwk.kid === 'string' ? jwk.kid : null, kind, algorithm, key }
}

function kindOf({ kty, crv }: Jwk): KeyKind | undefined {
  if (kty === 'RSA') return 'RSA'
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521')) return crv
  if (kty === 'OKP' && crv === 'Ed25519') return crv
  return undefined
}

function importKey({ kty, crv, n, e, x, y }: Jwk): KeyObject | undefined {
  try {
    // Node checks the types of the members, and that a point is on its curve.
    return createPublicKey({ key: { kty, crv, n, e, x, y } as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** RFC 7518 §3.3; with an exponent of 1 a signature is the message itself, an even one is no key. */
function rsaFault(key: KeyObject): string | null {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < rsaBits.least) return `has ${modulusLength} bits: ${rsaBits.least} are needed`
  if (modulusLength > rsaBits.most) return `has ${modulusLength} bits: too many`
  if (publicExponent < 3n || publicExponent % 2n === 0n) return 'has an unsafe exponent'
  return null
}
