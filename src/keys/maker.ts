/** Makes the text of keys and the hash that is stored of them. */
export interface KeyMaker {
  newKey(): MadeSecret & { readonly id: string }
  newSecret(id: string): MadeSecret
}

interface MadeSecret {
  /** The whole key. */
  readonly key: string
  readonly secretHash: Uint8Array
  /** Fingerprint of the pepper of that hash; empty: none. */
  readonly secretPepper: string
}
