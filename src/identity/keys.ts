import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'

import { isObject, parseJson } from '../json.ts'
import { isVisibleAscii } from '../visible-ascii.ts'

/** `EdDSA` is Ed25519 (RFC 8037 §3.1), `ES256` is P-256 (RFC 7518 §3.4). */
export type IdentityAlgorithm = 'EdDSA' | 'ES256'

export interface IdentityKey {
  /** The `kid`, by default the thumbprint of the public key (RFC 7638). */
  readonly id: string
  readonly algorithm: IdentityAlgorithm
  /** The private key; `null` if only the public key is kept, for tokens that the key signed before. */
  readonly privateKey: KeyObject | null
  /** The public key as it is published. */
  readonly publicJwk: Readonly<Record<string, string>>
}

/** The keys of identity tokens, the signing key first. All are published. */
export interface IdentityKeySet {
  readonly signer: IdentityKey & { readonly privateKey: KeyObject }
  readonly keys: readonly IdentityKey[]
}

/**
 * The key set cannot be used. The message says what is wrong, and never repeats a part of the key set.
 */
export class IdentityKeysError extends Error {
  override readonly name = 'IdentityKeysError'
}

const maxKeys = 20
const maxIdLength = 128

/**
 * Reads a private JWK Set (RFC 7517 §5) of Ed25519 and P-256 keys. The first key must have its private
 * part.
 */
export function readIdentityKeys(text: string): IdentityKeySet {
  const document = parseJson(text)
  const list: unknown = isObject(document) ? document.keys : undefined
  if (!Array.isArray(list) || list.length === 0) {
    throw new IdentityKeysError('does not contain a JWK Set with at least one key')
  }
  if (list.length > maxKeys) throw new IdentityKeysError(`contains more than ${maxKeys} keys`)
  const keys = list.map(readKey)
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    throw new IdentityKeysError('contains two keys with the same `kid`')
  }
  const [signer] = keys
  if (signer === undefined || !isSigner(signer)) {
    throw new IdentityKeysError('has a first key without its private part, so that it cannot sign')
  }
  return { signer, keys }
}

export function createIdentityKey(algorithm: IdentityAlgorithm): IdentityKey {
  const { privateKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return identityKey(privateKey, algorithm)
}

/** Returns the text of a key file: a JWK Set with the private parts that exist. */
export function writeIdentityKeys(keys: readonly IdentityKey[]): string {
  const jwks = keys.map(({ privateKey, publicJwk }) => ({
    ...publicJwk,
    ...(privateKey && { d: privateKey.export({ format: 'jwk' }).d }),
  }))
  return `${JSON.stringify({ keys: jwks }, null, 2)}\n`
}

/**
 * Creates a first key set: one key signs, and the next one is already published, so that every verifier
 * knows it before it signs.
 */
export function newIdentityKeys(algorithm: IdentityAlgorithm): readonly IdentityKey[] {
  return [createIdentityKey(algorithm), createIdentityKey(algorithm)]
}

/**
 * Rotates a key set by one step. The key after the signing key, which is published already, becomes the
 * signing key. A new key is published for the next step. Only the public part of the former signing key
 * is kept, for tokens that are still valid. If the set had one key, this step only publishes the
 * second.
 */
export function rotateIdentityKeys(
  { signer, keys }: IdentityKeySet,
  algorithm: IdentityAlgorithm = signer.algorithm,
): readonly IdentityKey[] {
  const added = createIdentityKey(algorithm)
  const next = keys.slice(1).find(({ privateKey }) => privateKey !== null)
  if (next === undefined) return [signer, added, ...keys.slice(1)]
  return [next, added, { ...signer, privateKey: null }]
}

function readKey(jwk: unknown, index: number): IdentityKey {
  const which = `has a key (number ${index + 1})`
  if (!isObject(jwk)) throw new IdentityKeysError(`${which} that is not a JWK`)
  const algorithm = algorithmOf(jwk)
  if (algorithm === null || (jwk.alg !== undefined && jwk.alg !== algorithm)) {
    throw new IdentityKeysError(`${which} that is neither Ed25519 (EdDSA) nor P-256 (ES256)`)
  }
  const { kty, crv, x, y, d, kid } = jwk
  if (kid !== undefined && !(typeof kid === 'string' && isVisibleAscii(kid, maxIdLength))) {
    throw new IdentityKeysError(`${which} whose \`kid\` is not visible ASCII`)
  }
  try {
    const key = { kty, crv, x, y, ...(d !== undefined && { d }) } as JsonWebKey
    const options = { key, format: 'jwk' } as const
    const read = d === undefined ? createPublicKey(options) : createPrivateKey(options)
    const made = identityKey(read, algorithm, kid)
    if (made.publicJwk.x !== x) throw new Error('The public and the private part do not match.')
    return made
  } catch {
    throw new IdentityKeysError(`${which} that cannot be read`)
  }
}

function identityKey(key: KeyObject, algorithm: IdentityAlgorithm, kid?: string): IdentityKey {
  const isPrivate = key.type === 'private'
  const { kty, crv, x, y } = (isPrivate ? createPublicKey(key) : key).export({ format: 'jwk' })
  const point = y === undefined ? { crv, kty, x } : { crv, kty, x, y }
  const thumbprint = createHash('sha256').update(JSON.stringify(point)).digest('base64url')
  const id = kid ?? thumbprint
  const publicJwk = { ...point, kid: id, alg: algorithm, use: 'sig' } as Record<string, string>
  return { id, algorithm, privateKey: isPrivate ? key : null, publicJwk }
}

function algorithmOf({ kty, crv }: Readonly<Record<string, unknown>>): IdentityAlgorithm | null {
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA'
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  return null
}

function isSigner(key: IdentityKey): key is IdentityKeySet['signer'] {
  return key.privateKey !== null
}
