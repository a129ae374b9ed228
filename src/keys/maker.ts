/** Creates the text of keys and the hashes that are stored. */
export interface KeyMaker {
  newKey(): MadeSecret & { readonly id: string }
  newSecret(id: string): MadeSecret
  /** @param digest the SHA-256 of a key of another system, in lower-case hexadecimal */
  importedKey(digest: string): Omit<MadeSecret, 'key'> & { readonly id: string }
}

interface MadeSecret {
  /** The complete key. */
  readonly key: string
  readonly secretHash: Uint8Array
  /** The fingerprint of the pepper that the hash uses; empty: no pepper. */
  readonly secretPepper: string
}
