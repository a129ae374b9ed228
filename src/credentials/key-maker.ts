import type { KeyMaker } from '../keys/maker.ts'
import { partsOfDigest } from './imported-key.ts'
import { generateKey, generateSecret } from './key-form.ts'
import type { SecretHasher } from './secret-hash.ts'

export function createKeyMaker(prefix: string, hasher: SecretHasher): KeyMaker {
  return {
    newKey() {
      const { id, key, secret } = generateKey(prefix)
      return { id, key, secretHash: hasher.hash(secret), secretPepper: hasher.pepper }
    },
    importedKey(digest) {
      const { id, secret } = partsOfDigest(digest)
      return { id, secretHash: hasher.hash(secret), secretPepper: hasher.pepper }
    },
    newSecret(id) {
      const { key, secret } = generateSecret(prefix, id)
      return { key, secretHash: hasher.hash(secret), secretPepper: hasher.pepper }
    },
  }
}
