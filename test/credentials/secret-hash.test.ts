import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'

describe('the stored hash of a secret', () => {
  it('is SHA-256 without a pepper', () => {
    const hasher = createSecretHasher()
    expect(Buffer.from(hasher.hash('secret')).toString('hex')).toBe(
      createHash('sha256').update('secret').digest('hex'),
    )
  })

  it('is another one under each pepper', () => {
    const hashes = [[], ['one'], ['two']].map((peppers) =>
      Buffer.from(createSecretHasher(peppers).hash('secret')).toString('hex'),
    )
    expect(new Set(hashes).size).toBe(3)
  })

  it('verifies under the first pepper, an older one, and none', () => {
    const now = createSecretHasher(['new', 'old'])
    for (const stored of [['new'], ['old'], []]) {
      expect(now.matcher('secret')(createSecretHasher(stored).hash('secret'))).toBe(true)
      expect(now.matcher('other')(createSecretHasher(stored).hash('secret'))).toBe(false)
    }
  })

  it('does not verify under a pepper that is gone', () => {
    const stored = createSecretHasher(['gone']).hash('secret')
    expect(createSecretHasher(['new']).matcher('secret')(stored)).toBe(false)
  })

  it('does not verify against an erased hash', () => {
    expect(createSecretHasher().matcher('')(new Uint8Array(0))).toBe(false)
    expect(createSecretHasher().matcher('secret')(new Uint8Array(32))).toBe(false)
  })
})
