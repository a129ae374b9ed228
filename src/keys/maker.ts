/** Creates the text of keys and the hashes that are stored. */
export interface KeyMaker {
  newKey(): MadeSecret & { readonly id: string }
  newSecret(id: string): MadeSecret
}

interface MadeSecret {
  /** The complete key. */
  readonly key: string
  readonly secretHash: Uint8Array
  /** The fingerprint of the pepper that the hash uses; empty: no pepper. */
  readonly secretPepper: string
}
