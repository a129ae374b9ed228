import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { fetchKeys } from '../../src/credentials/fetch-keys.ts'
import { issuerFaults } from '../../src/credentials/issuer-rules.ts'
import { type IssuerSettings, resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createSigningKey, type SigningKey, signJwt, testAudience } from '../support/issuer.ts'
import { temporaryFolder } from '../support/server-process.ts'

const minute = 60_000
const name = 'billing of ACME'.replaceAll(' ', ':')

let key: SigningKey
let otherKey: SigningKey
beforeAll(async () => {
  key = await createSigningKey()
  otherKey = await createSigningKey()
})

const setOf = (...keys: SigningKey[]) => ({ keys: keys.map(({ publicJwk }) => publicJwk) })

function tokenOf(signingKey: SigningKey, iss = name) {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss, aud: testAudience, sub: 'ada', iat: now, exp: now + 300 }
  return signJwt(claims, { key: signingKey })
}

function verifierOf(settings: Partial<IssuerSettings>, clock = () => 0) {
  const problems: Error[] = []
  const verifier = createJwtVerifier({
    issuers: [resolveIssuer({ issuer: name, audience: testAudience, ...settings })],
    clock,
    onKeyProblem: (_issuer, error) => problems.push(error),
  })
  return {
    problems,
    verify: async (signingKey: SigningKey) => {
      const verification = await verifier.verify(await tokenOf(signingKey), Date.now())
      return verification.ok ? verification.jwt.issuer : verification.reason
    },
  }
}

test('keys in the configuration verify the tokens of an issuer that is not a URL', async () => {
  const { verify } = verifierOf({ jwks: setOf(key) })
  expect(await verify(key)).toBe(name)
  expect(await verify(otherKey)).toBe('unknown-key')
})

describe('keys in a file', () => {
  const file = join(temporaryFolder(), 'keys.json')

  test('are read again for an unknown key', async () => {
    writeFileSync(file, JSON.stringify(setOf(key)))
    const { verify } = verifierOf({ jwksFile: file })
    expect(await verify(key)).toBe(name)
    writeFileSync(file, JSON.stringify(setOf(otherKey)))
    expect(await verify(otherKey)).toBe(name)
    expect(await verify(key)).toBe('unknown-key')
  })

  test('are never replaced by keys from elsewhere when the file is `null`', async () => {
    writeFileSync(file, JSON.stringify(setOf(key)))
    const settings = { issuer: 'http://127.0.0.1:1', audience: testAudience, jwksFile: file }
    const source = resolveIssuer(settings)
    writeFileSync(file, 'null')
    const keys = fetchKeys(source, AbortSignal.timeout(5_000))
    await expect(keys).rejects.toThrow('The document is not a JWK Set')
  })

  test('stay in use while the file is missing or faulty, and are refused after an hour', async () => {
    let now = 0
    writeFileSync(file, JSON.stringify(setOf(key)))
    const { verify, problems } = verifierOf({ jwksFile: file }, () => now)
    expect(await verify(key)).toBe(name)
    writeFileSync(file, '{')
    now = 30 * minute
    expect(await verify(key)).toBe(name)
    rmSync(file)
    now = 71 * minute
    await expect(verify(key)).rejects.toThrow(ServiceUnavailableError)
    expect(problems.map(({ message }) => message)).toEqual([
      'The document is not a JWK Set (RFC 7517 §5)',
      expect.stringContaining('ENOENT'),
    ])
  })
})

describe('the name of an issuer whose keys are configured', () => {
  test.each([
    ['billing', []],
    ['urn:example:billing', []],
    ['x'.repeat(2048), []],
    ['x'.repeat(2049), [/visible ASCII/]],
    ['two words', [/visible ASCII/]],
    ['über', [/visible ASCII/]],
    ['urn:latchkey:session', [/urn:latchkey:/]],
    ['URN:Latchkey:x', [/urn:latchkey:/]],
    ['http://127.0.0.1:4000/dev/issuer', [/development issuer/]],
  ])('%s', (issuer, faults) => {
    const settings = { issuer, audience: testAudience, jwks: setOf(key) }
    expect(issuerFaults(settings)).toEqual(faults.map((fault) => expect.stringMatching(fault)))
  })

  test.each(['https://latchkey.example', 'https://latchkey.example/'])(
    'must not be PUBLIC_URL: %s',
    (issuer) => {
      const JWT_ISSUERS = JSON.stringify([{ issuer, audience: testAudience, jwks: setOf(key) }])
      expect(() => loadConfig({ JWT_ISSUERS, PUBLIC_URL: 'https://latchkey.example' })).toThrow(
        'JWT_ISSUERS must not contain PUBLIC_URL',
      )
    },
  )
})

test.each([
  [{ jwks: { keys: [] }, jwksUri: 'https://issuer.example/keys' }, 'jwks: '],
  [{ jwksFile: 'keys.json', jwksUri: 'https://issuer.example/keys' }, 'jwksFile: '],
  [{ jwksFile: 'keys.json', jwks: undefined, jwksUri: 'https://x.example' }, 'jwksFile: '],
])('only one place of the keys may be set: %j', (settings, member) => {
  expect(issuerFaults({ issuer: name, audience: testAudience, ...settings })).toContainEqual(
    `${member}must not be set together with \`jwksUri\`${member === 'jwks: ' ? '' : ' or `jwks`'}`,
  )
})
