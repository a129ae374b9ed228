import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import type { Jws } from '../../src/credentials/jws.ts'
import { isSignedBy } from '../../src/credentials/jws-signature.ts'

const { publicKey } = generateKeyPairSync('ed25519')
const jws: Jws = {
  algorithm: 'EdDSA',
  keyId: null,
  type: null,
  claims: {},
  signingInput: 'a.b',
  signature: Buffer.alloc(64),
}

// No signature is known to bring OpenSSL to it; its documentation allows it.
it('what cannot be compared is no signature', async () => {
  vi.spyOn(webcrypto.subtle, 'verify').mockRejectedValueOnce(new DOMException('', 'OperationError'))

  expect(await isSignedBy(publicKey, jws)).toBe(false)
})

it('a key that cannot be used is a fault of ours', async () => {
  const fault = new DOMException('', 'InvalidAccessError')
  vi.spyOn(webcrypto.subtle, 'verify').mockRejectedValueOnce(fault)

  await expect(isSignedBy(publicKey, jws)).rejects.toBe(fault)
})
