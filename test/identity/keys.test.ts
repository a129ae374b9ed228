import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  createIdentityKeysFile,
  ensureIdentityKeys,
  readIdentityKeysFile,
  replaceIdentityKeysFile,
} from '../../src/identity/key-file.ts'
import {
  createIdentityKey,
  newIdentityKeys,
  readIdentityKeys,
  rotateIdentityKeys,
  writeIdentityKeys,
} from '../../src/identity/keys.ts'
import { temporaryFolder } from '../support/server-process.ts'

const publicOnly = (jwk: Readonly<Record<string, string>>) => JSON.stringify({ keys: [jwk] })

describe('a key set', () => {
  test.each(['EdDSA', 'ES256'] as const)('of %s is read as it was written', async (algorithm) => {
    const made = newIdentityKeys(algorithm)
    const { signer, keys } = readIdentityKeys(writeIdentityKeys(made))
    expect(keys.map(({ id }) => id)).toEqual(made.map(({ id }) => id))
    expect(signer.id).toBe(made[0]?.id)
    expect(signer.id).toBe(await calculateJwkThumbprint(signer.publicJwk))
    expect(signer.publicJwk).not.toHaveProperty('d')
    expect(signer.publicJwk).toMatchObject({ alg: algorithm, use: 'sig', kid: signer.id })
  })

  const good = createIdentityKey('EdDSA')
  const jwk = JSON.parse(writeIdentityKeys([good])).keys[0]
  const other = JSON.parse(writeIdentityKeys([createIdentityKey('EdDSA')])).keys[0]
  test.each([
    ['no JSON', '{', 'does not contain a JWK Set'],
    ['a single key', JSON.stringify(jwk), 'does not contain a JWK Set'],
    ['no keys', '{"keys":[]}', 'does not contain a JWK Set'],
    ['a key without its private part first', publicOnly(good.publicJwk), 'private part'],
    ['a secret key', '{"keys":[{"kty":"oct","k":"AAAA"}]}', 'neither'],
    ['another algorithm', JSON.stringify({ keys: [{ ...jwk, alg: 'ES256' }] }), 'neither'],
    ['parts of two keys', JSON.stringify({ keys: [{ ...jwk, x: other.x }] }), 'cannot be read'],
    ['one kid twice', JSON.stringify({ keys: [jwk, { ...other, kid: jwk.kid }] }), 'same `kid`'],
    ['a kid with a line break', JSON.stringify({ keys: [{ ...jwk, kid: 'a\nb' }] }), 'kid'],
  ])('with %s is refused, and the message has nothing of it', (_, text, message) => {
    expect(() => readIdentityKeys(text)).toThrow(message)
    try {
      readIdentityKeys(text)
    } catch (error) {
      expect(String(error)).not.toContain(jwk.d)
    }
  })
})

describe('a rotation', () => {
  test('signs with the key that everyone has seen, and keeps the old one without its secret', () => {
    const before = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
    const after = readIdentityKeys(writeIdentityKeys(rotateIdentityKeys(before)))
    expect(after.signer.id).toBe(before.keys[1]?.id)
    expect(after.keys[2]).toMatchObject({ id: before.signer.id, privateKey: null })
    const again = readIdentityKeys(writeIdentityKeys(rotateIdentityKeys(after)))
    expect(again.signer.id).toBe(after.keys[1]?.id)
    expect(again.keys.map(({ id }) => id)).not.toContain(before.signer.id)
  })

  test('of a single key only publishes a second', () => {
    const before = readIdentityKeys(writeIdentityKeys([createIdentityKey('EdDSA')]))
    const after = readIdentityKeys(writeIdentityKeys(rotateIdentityKeys(before, 'ES256')))
    expect(after.signer.id).toBe(before.signer.id)
    expect(after.keys.map(({ algorithm }) => algorithm)).toEqual(['EdDSA', 'ES256'])
  })
})

describe('the file', () => {
  test('is made once, for its owner alone, and kept', () => {
    const folder = join(temporaryFolder(), 'data')
    const made = ensureIdentityKeys(folder)
    expect(statSync(join(folder, 'identity-keys.json')).mode & 0o777).toBe(0o600)
    expect(ensureIdentityKeys(folder).signer.id).toBe(made.signer.id)
  })

  test('is never made over another, and is replaced with its permissions', () => {
    const path = join(temporaryFolder(), 'keys.json')
    createIdentityKeysFile(path, newIdentityKeys('EdDSA'))
    expect(() => createIdentityKeysFile(path, newIdentityKeys('EdDSA'))).toThrow('EEXIST')
    const before = readIdentityKeysFile(path)
    replaceIdentityKeysFile(path, rotateIdentityKeys(before))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readIdentityKeysFile(path).signer.id).toBe(before.keys[1]?.id)
  })

  test('that is none of ours is not written over', () => {
    const folder = temporaryFolder()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'identity-keys.json'), 'precious')
    expect(() => ensureIdentityKeys(folder)).toThrow(
      /identity-keys\.json does not contain a JWK Set/,
    )
  })
})
