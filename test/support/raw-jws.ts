import { constants, createHmac, type KeyObject, sign } from 'node:crypto'

/** Signs any text as header and claims, without the checks of a library. */
export function rawJws(
  header: string | Record<string, unknown>,
  payload: string | Buffer | Record<string, unknown>,
  signer: (input: Buffer) => Buffer,
): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`
}

export function encode(part: string | Buffer | Record<string, unknown>): string {
  const bytes = typeof part === 'object' && !Buffer.isBuffer(part) ? JSON.stringify(part) : part
  return Buffer.from(bytes as string).toString('base64url')
}

export const rsaSigner =
  (key: KeyObject, hash = 'sha256') =>
  (input: Buffer) =>
    sign(hash, input, key)

export const pssSigner =
  (key: KeyObject, hash = 'sha256', saltLength: number = constants.RSA_PSS_SALTLEN_DIGEST) =>
  (input: Buffer) =>
    sign(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

export const ecdsaSigner =
  (key: KeyObject, hash = 'sha256', dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') =>
  (input: Buffer) =>
    sign(hash, input, { key, dsaEncoding })

export const ed25519Signer = (key: KeyObject) => (input: Buffer) => sign(null, input, key)

export const hmacSigner =
  (secret: string | Buffer, hash = 'sha256') =>
  (input: Buffer) =>
    createHmac(hash, secret).update(input).digest()

export const constantSigner = (bytes: Buffer) => () => bytes
