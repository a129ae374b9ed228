import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Environment, listeningUrl, loadConfig } from '../../src/config.ts'
import { createIdentityKeysFile } from '../../src/identity/key-file.ts'
import { newIdentityKeys } from '../../src/identity/keys.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://latchkey@db.example.com/latchkey',
  JWT_ISSUER: 'https://id.example.com/',
  JWT_AUDIENCE: 'https://api.example.com',
}
const safePepper = 'a'.repeat(32)

const warningsOf = (environment: Environment) =>
  loadConfig({ ...production, ...environment }).startWarnings

describe('a start warns of', () => {
  test.each<[string, Environment, RegExp]>([
    ['a short pepper', { KEY_PEPPER: 'short' }, /^KEY_PEPPER .*fewer than 32 bytes \(position 1\)/],
    [
      'each short pepper',
      { KEY_PEPPER: `short,${safePepper},${'a'.repeat(31)}` },
      /\(position 1, 3\)/,
    ],
    [
      'proxies at every address',
      { TRUSTED_PROXIES: '0.0.0.0/0' },
      /^TRUSTED_PROXIES .*0\.0\.0\.0\/0/,
    ],
    [
      'GraphiQL that nobody can use',
      { GRAPHIQL: 'true' },
      /^GRAPHIQL has no effect without OIDC_CLIENT_ID/,
    ],
    ['proxies at every IPv6 address', { TRUSTED_PROXIES: '10.0.0.1,::/0' }, / has ::\/0, which/],
    ['halves of all addresses', { TRUSTED_PROXIES: '0.0.0.0/1,128.0.0.0/1' }, /Name your proxies/],
    ['every IPv4 address, mapped', { TRUSTED_PROXIES: '::ffff:0.0.0.0/96' }, /^TRUSTED_PROXIES/],
    [
      'administrative scopes for everyone',
      { DEFAULT_USER_SCOPES: 'write:grants,read:users,manage:keys' },
      /^DEFAULT_USER_SCOPES .*: manage:keys, write:grants\. /,
    ],
    ['an issuer without a public URL', { HOST: '0.0.0.0' }, /^PUBLIC_URL is not set/],
  ])('%s', (_, environment, warning) => {
    expect(warningsOf(environment)).toEqual([expect.stringMatching(warning)])
  })

  test.each<[string, Environment]>([
    ['peppers of 32 bytes', { KEY_PEPPER: `${safePepper},${'é'.repeat(16)}` }],
    [
      'private networks',
      { TRUSTED_PROXIES: '10.0.0.0/8,172.16.0.0/12,fc00::/7,203.0.113.7,::ffff:10.0.0.0/104' },
    ],
    ['other scopes', { DEFAULT_USER_SCOPES: 'read:users,write:keys' }],
    ['a public URL', { HOST: '0.0.0.0', PUBLIC_URL: 'https://api.example.com' }],
    ['one address', { HOST: '10.0.0.1' }],
    [
      'GraphiQL for people who sign in',
      {
        GRAPHIQL: 'true',
        OIDC_CLIENT_ID: 'page',
        PUBLIC_URL: 'https://api.example.com',
        SESSION_KEYS: safePepper,
      },
    ],
    [
      'GraphiQL in development',
      { GRAPHIQL: 'true', NODE_ENV: '', JWT_ISSUER: '', JWT_AUDIENCE: '', DATABASE_URL: '' },
    ],
  ])('nothing for %s', (_, environment) => {
    expect(warningsOf(environment)).toEqual([])
  })

  test('an identity key file that others may write or replace', () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
    const file = join(folder, 'keys.json')
    createIdentityKeysFile(file, newIdentityKeys('EdDSA'))
    const warnings = (fileMode: number, folderMode: number) => {
      chmodSync(file, fileMode)
      chmodSync(folder, folderMode)
      return warningsOf({ IDENTITY_KEYS_FILE: file })
    }
    const warned = [expect.stringMatching(/^IDENTITY_KEYS_FILE .*may write or replace/)]
    expect(warnings(0o600, 0o700)).toEqual([])
    expect(warnings(0o602, 0o700)).toEqual(warned)
    expect(warnings(0o600, 0o707)).toEqual(warned)
    expect(warnings(0o600, 0o1777)).toEqual([])
  })

  test('no value of a secret', () => {
    expect(warningsOf({ KEY_PEPPER: 'canary' }).join()).not.toContain('canary')
  })
})

test.each([
  ['0.0.0.0', 'http://127.0.0.1:4000'],
  ['0', 'http://127.0.0.1:4000'],
  ['::', 'http://[::1]:4000'],
  ['[::]', 'http://[::1]:4000'],
  ['0:0::0', 'http://[::1]:4000'],
  ['::ffff:0.0.0.0', 'http://127.0.0.1:4000'],
  ['10.0.0.1', 'http://10.0.0.1:4000'],
  ['::2', 'http://[::2]:4000'],
  ['api.example.com', 'http://api.example.com:4000'],
])('a server that listens on %s has the URL %s', (HOST, url) => {
  const { host, publicUrl } = loadConfig({ ...production, HOST })
  expect(publicUrl).toBe(url)
  expect(listeningUrl(host, 4000)).toBe(url)
})
