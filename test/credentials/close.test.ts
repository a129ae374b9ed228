import { expect, it } from 'vitest'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { createKeyMaker } from '../../src/credentials/key-maker.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'

it('an authenticator writes the last uses of keys also if it cannot stop watching for changes', async () => {
  const { id, key, secretHash, secretPepper } = createKeyMaker('lk', createSecretHasher()).newKey()
  const written: string[] = []
  const authenticator = createAuthenticator({
    directory: {
      findKeyForVerification: async () => ({
        id,
        name: 'CI',
        scopes: ['read:orders'],
        lineageScopes: ['read:orders'],
        expiresAt: null,
        revokedAt: null,
        secretHash,
        secretPepper,
        previousSecretHash: null,
        previousSecretPepper: null,
        previousExpiresAt: null,
        owner: {
          kind: 'USER',
          userId: '3f2c8a1e-0000-4000-8000-000000000000',
          issuer: 'https://id.example',
          subject: 'ada',
          suspended: false,
          scopes: null,
          issuerScopes: null,
          signedOutAt: null,
        },
      }),
      admitUser: async () => null,
      async markUsed(uses) {
        written.push(...uses.map(({ keyId }) => keyId))
      },
      watch: () => ({ close: () => Promise.reject(new Error('The listener is lost.')) }),
    },
  })
  const carrier = {
    header: (name: string) => (name === 'authorization' ? `Bearer ${key}` : null),
    queryParameters: () => [],
  }
  expect(await authenticator.authenticate(carrier)).toMatchObject({ kind: 'authenticated' })
  await expect(authenticator.close()).rejects.toThrow('The listener is lost.')
  expect(written).toEqual([id])
})
