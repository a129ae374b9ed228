import { hash, hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import { parseJson } from '../json.ts'

/** The use of an encrypted text. A text for one purpose is never accepted for another. */
export type SealPurpose = 'session' | 'sign-in' | 'sign-out'

/** Encrypts the tokens in rows of the database, and the cookie of a sign-in under way. */
export interface Sealer {
  /**
   * Encrypts a JSON value with the first key (JWE, RFC 7516: `dir` with A256GCM).
   *
   * @param id the row or request that the text belongs to. It opens with the same id only
   */
  seal(purpose: SealPurpose, id: string, content: object): Promise<string>
  /** @returns `null` if no key opens the text, or it is for another purpose or id */
  open(purpose: SealPurpose, id: string, text: string): Promise<unknown>
}

interface SealKey {
  /** Names the key in the header of a text. */
  readonly id: string
  readonly bytes: Uint8Array
}

/** @param secrets the first encrypts, all of them decrypt; at least 32 bytes each */
export function createSealer(secrets: readonly string[]): Sealer {
  const keys = secrets.map(deriveKey)
  const [first] = keys
  if (first === undefined) throw new Error('A sealer needs a secret.')
  const byId = new Map(keys.map((key) => [key.id, key.bytes]))

  return {
    async seal(purpose, id, content) {
      const plain = Buffer.from(JSON.stringify(content))
      const header = { alg: 'dir', enc: 'A256GCM', kid: first.id, purpose, id }
      return await new CompactEncrypt(plain).setProtectedHeader(header).encrypt(first.bytes)
    },

    async open(purpose, id, text) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(
          text,
          ({ kid }) => {
            const key = byId.get(kid ?? '')
            if (key === undefined) throw new errors.JWEDecryptionFailed()
            return key
          },
          { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
        )
        if (protectedHeader.purpose !== purpose || protectedHeader.id !== id) return null
        return parseJson(Buffer.from(plaintext).toString()) ?? null
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}

/** Derives a key of 32 bytes (HKDF with SHA-256, RFC 5869), so that a secret may be longer. */
function deriveKey(secret: string): SealKey {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', 'latchkey sessions', 32))
  return { id: hash('sha256', bytes, 'base64url').slice(0, 16), bytes }
}
