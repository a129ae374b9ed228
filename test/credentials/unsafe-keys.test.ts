import { createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { rawJws, rsaSigner } from '../support/raw-jws.ts'
import {
  createRocaKey,
  ed25519Jwk,
  forgeWithSmallOrder,
  smallOrderKeys,
} from '../support/weak-keys.ts'

const now = 1_750_000_000
let issuer: TestIssuer
let problems: string[]

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())
beforeEach(() => {
  problems = []
})

const claims = () => ({
  iss: issuer.issuer,
  aud: testAudience,
  sub: 'alice',
  iat: now - 10,
  exp: now + 300,
})

async function outcome(published: Record<string, unknown>, token: string) {
  issuer.published = [{ ...published, kid: 'unsafe' }]
  const verifier = createJwtVerifier({
    issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })],
    onKeyProblem: (_issuer, error) => problems.push(error.message),
  })
  const verification = await verifier.verify(token, now * 1000)
  return verification.ok ? 'good' : verification.reason
}

describe('a token that OpenSSL verifies is refused', () => {
  test.each(smallOrderKeys)('forged for a key of small order: %s', async (_name, encoded) => {
    const token = forgeWithSmallOrder(encoded, { kid: 'unsafe' }, claims())
    expect(await outcome(ed25519Jwk(encoded), token)).toBe('unknown-key')
    expect(problems).toEqual(['Key "unsafe" is a point of small order.'])
  })

  test('signed with an RSA key that is weak by ROCA', async () => {
    const key = createRocaKey()
    const token = rawJws({ alg: 'RS256', kid: 'unsafe' }, claims(), rsaSigner(key))
    const jwk = createPublicKey(key).export({ format: 'jwk' })
    expect(await outcome(jwk, token)).toBe('unknown-key')
    expect(problems).toEqual(['Key "unsafe" is weak by ROCA (CVE-2017-15361).'])
  })
})
