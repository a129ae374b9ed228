import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import * as z from 'zod'
import { readOrCreatePrivateFile } from '../private-file.ts'

export interface SigningKey {
  /** Thumbprint of the public key (RFC 7638). */
  readonly id: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export const algorithm = 'ES256'
const fileName = 'development-issuer.json'

const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

/**
 * Returns the development issuer's key. It is created on first use and stored as a private JWK with file
 * mode 0600. If several processes start at once, one of them creates the key and all of them use it.
 *
 * @throws Error if the file does not hold such a key
 */
export async function developmentKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, fileName)
  return toSigningKey(await readOrCreatePrivateFile(path, newKeyText), path)
}

async function newKeyText(): Promise<string> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return `${JSON.stringify(await exportJWK(privateKey))}\n`
}

async function toSigningKey(text: string, path: string): Promise<SigningKey> {
  const jwk = parse(text)
  const privateKey = jwk === null ? null : await importJWK(jwk, algorithm).catch(() => null)
  if (jwk === null || !(privateKey instanceof CryptoKey)) {
    throw new Error(
      `${path} does not hold an ${algorithm} private key. Delete the file: the next start creates a new key.`,
    )
  }
  const { d: _, ...publicPart } = jwk
  const id = await calculateJwkThumbprint(publicPart)
  return { id, privateKey, publicJwk: { ...publicPart, kid: id, alg: algorithm, use: 'sig' } }
}

function parse(text: string) {
  try {
    return privateJwk.parse(JSON.parse(text))
  } catch {
    return null
  }
}
