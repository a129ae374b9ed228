import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import * as z from 'zod'

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
 * The development issuer's key, made on first use and kept as a private JWK that only its owner may
 * read. Of several processes at once one makes it and all get that one.
 *
 * @throws Error when what is kept there is no such key
 */
export async function developmentKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, fileName)
  return toSigningKey((await readKeyFile(path)) ?? (await createKeyFile(path)), path)
}

async function readKeyFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

async function createKeyFile(path: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const text = `${JSON.stringify(await exportJWK(privateKey))}\n`
  // A link appears whole or not at all, and never over one that is there.
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, path)
    return text
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return await readFile(path, 'utf8')
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function toSigningKey(text: string, path: string): Promise<SigningKey> {
  const jwk = parse(text)
  const privateKey = jwk === null ? null : await importJWK(jwk, algorithm).catch(() => null)
  if (jwk === null || !(privateKey instanceof CryptoKey)) {
    throw new Error(`${path} holds no ${algorithm} key. Delete it and a new one is made.`)
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
