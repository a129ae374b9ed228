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

  it('differs under each pepper', () => {
    const hashes = [[], ['one'], ['two']].map((peppers) =>
      Buffer.from(createSecretHasher(peppers).hash('secret')).toString('hex'),
    )
    expect(new Set(hashes).size).toBe(3)
  })

  it('verifies under the first pepper, an older one, and none', () => {
    const now = createSecretHasher(['new', 'old'])
    for (const stored of [['new'], ['old'], []]) {
      const under = createSecretHasher(stored)
      expect(now.matcher('secret')(under.hash('secret'))).toBe(under.pepper)
      expect(now.matcher('other')(under.hash('secret'))).toBe(null)
    }
  })

  it('does not verify under a pepper that was removed', () => {
    const stored = createSecretHasher(['gone']).hash('secret')
    expect(createSecretHasher(['new']).matcher('secret')(stored)).toBe(null)
  })

  it('does not verify against an erased hash', () => {
    expect(createSecretHasher().matcher('')(new Uint8Array(0))).toBe(null)
    expect(createSecretHasher().matcher('secret')(new Uint8Array(32))).toBe(null)
  })

  it('has the fingerprint of its pepper, which does not reveal the pepper', () => {
    const [one, two, none] = [['one'], ['two', 'one'], []].map((peppers) =>
      createSecretHasher(peppers),
    )
    expect(one?.pepper).toMatch(/^[0-9a-f]{16}$/)
    expect(one?.pepper).not.toBe(two?.pepper)
    expect(none?.pepper).toBe('')
    // The fingerprint is stored in the database: a different one would be a missing pepper.
    expect(one?.pepper).toBe('16fed37125bb622c')
  })

  it('is outdated unless it is stored with the fingerprint of the first pepper', () => {
    const now = createSecretHasher(['new', 'old'])
    const [first, old] = [now.pepper, createSecretHasher(['old']).pepper]
    expect(now.isOutdated(first, first)).toBe(false)
    expect(now.isOutdated(first, null)).toBe(true)
    expect(now.isOutdated(first, old)).toBe(true)
    expect(now.isOutdated(old, old)).toBe(true)
    expect(now.isOutdated('', '')).toBe(true)
    const plain = createSecretHasher()
    expect(plain.isOutdated('', null)).toBe(false)
    expect(plain.isOutdated('', '')).toBe(false)
  })

  it('cannot be verified under a pepper that is not configured', () => {
    const now = createSecretHasher(['new'])
    expect([now.pepper, '', null].map((stored) => now.lacks(stored))).toEqual([false, false, false])
    expect(now.lacks(createSecretHasher(['gone']).pepper)).toBe(true)
  })
})
