import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from '../../src/credentials/create-authenticator.ts'
import { pepperFingerprint } from '../../src/credentials/pepper-fingerprint.ts'
import { type ConnectedDirectory, connectDirectory } from '../../src/postgres.ts'
import { openStores, type StoreFixture } from '../db/store-fixture.ts'

const fingerprint = pepperFingerprint('old')

let stores: StoreFixture
let directory: ConnectedDirectory

beforeAll(async () => {
  stores = await openStores()
  const owner = await stores.makeUser()
  await stores.makeKey(owner, { secretPepper: fingerprint, expiresAt: null })
  await stores.makeKey(owner, { secretPepper: fingerprint, expiresAt: null })
  directory = connectDirectory({ url: stores.url })
})

afterAll(async () => {
  await directory.close()
  await stores.close()
})

const create = (options: CreateAuthenticatorOptions) =>
  createAuthenticator({ directory, maxStalenessMs: 2_000, ...options })

it('are reported once to the callback, with the number of keys', async () => {
  const onMissingPeppers = vi.fn()
  const authenticator = create({ keyPeppers: ['new'], onMissingPeppers })
  await vi.waitFor(() => expect(onMissingPeppers).toHaveBeenCalled(), { timeout: 20_000 })
  expect(onMissingPeppers.mock.calls).toEqual([[[{ fingerprint, keys: 2 }]]])
  await authenticator.close()
})

it('are a warning of the process by default', async () => {
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  const authenticator = create({})
  expect(await warned).toMatchObject({
    name: 'LatchkeyWarning',
    code: 'LATCHKEY_MISSING_PEPPER',
    message: expect.stringContaining(`${fingerprint} (2 keys)`),
  })
  await authenticator.close()
})

it('can be found by a start that is to fail because of them', async () => {
  expect(await directory.findMissingPeppers(['new'])).toEqual([{ fingerprint, keys: 2 }])
  expect(await directory.findMissingPeppers(['new', 'old'])).toEqual([])
})

it('that cannot be searched for are reported as an error', async () => {
  const gone = connectDirectory({ url: stores.url })
  await gone.close()
  const onError = vi.fn()
  const authenticator = create({ directory: gone, onError })
  await vi.waitFor(() => expect(onError).toHaveBeenCalled(), { timeout: 20_000 })
  await authenticator.close()
})
