import { afterAll, beforeAll, expect, test } from 'vitest'
import { type IssuerSettings, resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createSigningKey, signJwt } from '../support/issuer.ts'

let app: TestApp
beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' })
})
afterAll(() => app.close())

/** Returns the line of the log about a request with that token. */
async function logOf(token: string) {
  const before = app.logged.length
  expect((await app.ask('{ viewer { subject } }', { as: token })).status).toBe(401)
  const lines = app.logged.slice(before).map((line) => JSON.parse(line))
  return lines.find(({ refused }) => refused !== undefined)
}

test.each<[string, Record<string, unknown>, object]>([
  [
    'jwt-unknown-issuer',
    { iss: 'https://other.example' },
    { claim: 'iss', expected: [expect.stringContaining('http://127.0.0.1')] },
  ],
  [
    'jwt-audience',
    { aud: ['https://other.example', 'x'] },
    { claim: 'aud', expected: ['https://api.example'] },
  ],
  ['jwt-expired', { exp: 1_700_000_000 }, { claim: 'exp', value: 1_700_000_000 }],
  ['jwt-claims', { sub: 'alice\u0000' }, { claim: 'sub' }],
  ['jwt-type', { cnf: { jkt: 'x' } }, { claim: 'cnf' }],
])('the log says what a token refused as %s contains', async (refused, claims, jwt) => {
  const { iss = app.issuer.issuer, aud = 'https://api.example' } = claims
  const line = await logOf(await app.issuer.sign(claims))
  expect(line).toMatchObject({ refused, jwt: { iss, aud: [aud].flat() } })
  expect(line.jwt).toEqual({ iss, aud: [aud].flat(), ...jwt })
})

test.each<[string, string, Record<string, unknown>, string]>([
  ['clerk', 'aud, azp', { aud: undefined, azp: 'http://localhost:3000' }, 'http://localhost:3000'],
  [
    'cognito',
    'aud, client_id',
    { aud: undefined, client_id: '9example', token_use: 'access' },
    '9example',
  ],
  [
    'firebase',
    'firebase.sign_in_provider',
    { firebase: { sign_in_provider: 'anonymous' } },
    'anonymous',
  ],
  ['keycloak', 'typ', { typ: 'ID' }, 'ID'],
])(
  'the log has the value of the claim of %s that failed: %s',
  async (preset, claim, claims, value) => {
    const key = await createSigningKey('RS256')
    const settings = { issuer: 'https://id.example', audience: 'https://api.example', preset }
    const { verify } = createJwtVerifier({ issuers: [resolveIssuer(settings as IssuerSettings)] })
    const now = Math.floor(Date.now() / 1000)
    const common = {
      iss: settings.issuer,
      aud: settings.audience,
      sub: 'ada',
      iat: now,
      exp: now + 60,
    }
    const token = await signJwt({ ...common, ...claims }, { key, header: { typ: 'JWT' } })
    expect(await verify(token, Date.now())).toMatchObject({ ok: false, refused: { claim, value } })
  },
)

test('the log names the user of a valid token that is refused because of the user', async () => {
  const token = await app.jwt('linus', [])
  const user = await app.stores.users.findByIdentity(app.issuer.issuer, 'linus')
  if (user === null) await app.user('linus')
  await app.byHand`update latchkey.users set status = 'SUSPENDED' where subject = 'linus'`
  expect(await logOf(token)).toMatchObject({
    refused: 'owner-suspended',
    issuer: app.issuer.issuer,
    subject: 'linus',
  })
})

test('what it says is bounded', async () => {
  const text = 'x'.repeat(600)
  const line = await logOf(await app.issuer.sign({ iss: text, aud: Array(7).fill(text) }))
  expect(line.jwt.iss).toHaveLength(256)
  expect(line.jwt.aud).toEqual(Array(5).fill('x'.repeat(256)))
})

test('the caller learns nothing of it', async () => {
  const token = await app.issuer.sign({ aud: 'https://other.example' })
  const { text } = await app.ask('{ viewer { subject } }', { as: token })
  expect(text).not.toMatch(/other\.example|aud/)
})
