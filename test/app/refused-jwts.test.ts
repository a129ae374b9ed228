import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

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
  ['jwt-unknown-issuer', { iss: 'https://other.example' }, { claim: 'iss' }],
  ['jwt-audience', { aud: ['https://other.example', 'x'] }, { claim: 'aud' }],
  ['jwt-expired', { exp: 1_700_000_000 }, { claim: 'exp', value: 1_700_000_000 }],
  ['jwt-claims', { sub: 'alice\u0000' }, { claim: 'sub' }],
  ['jwt-type', { cnf: { jkt: 'x' } }, { claim: 'cnf' }],
])('the log says what a token refused as %s contains', async (refused, claims, jwt) => {
  const { iss = app.issuer.issuer, aud = 'https://api.example' } = claims
  const line = await logOf(await app.issuer.sign(claims))
  expect(line).toMatchObject({ refused, jwt: { iss, aud: [aud].flat() } })
  expect(line.jwt).toEqual({ iss, aud: [aud].flat(), ...jwt })
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
