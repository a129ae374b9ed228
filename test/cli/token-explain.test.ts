import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createSigningKey, startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { run } from './run.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

const environment = (more: Record<string, string> = {}) => ({
  JWT_ISSUER: issuer.issuer,
  JWT_AUDIENCE: testAudience,
  ...more,
})

function explain(token: string, words: readonly string[] = [], more: Record<string, string> = {}) {
  return run(['token', 'explain', '-', ...words], {
    environment: environment(more),
    input: async () => token,
    now: Date.now,
  })
}

test('a good token is explained and accepted', async () => {
  const token = await issuer.sign({ scope: 'read:users' })
  const { code, out, err } = await explain(`${token}\n`)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^RESULT +CHECK +DETAIL\n/)
  expect(out).toContain(`The token is accepted.\nThe user is alice of ${issuer.issuer}.\n`)
  expect(out).toContain('Its scopes are: read:users\n')
  expect(out).not.toMatch(/not checked|jwt-/)
})

describe('a refused token', () => {
  test('is explained with every failed check, also after the first', async () => {
    const token = await issuer.sign({
      aud: 'https://other.example',
      exp: 1_700_000_000,
      nonce: 'n',
    })
    const { code, out, err } = await explain(token)
    expect({ code, err }).toEqual({ code: 1, err: 'latchkey: The token is refused.\n' })
    expect(out).toMatch(
      /^jwt-audience +aud +"https:\/\/other\.example"; .*"https:\/\/api\.example"$/m,
    )
    expect(out).toMatch(/^jwt-expired +exp +1700000000 \(2023-11-14T22:13:20\.000Z, \d+ s ago\)/m)
    expect(out).toMatch(/^ok +signature /m)
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://other.example' }, {}],
    ['no subject', { sub: undefined }, {}],
    ['another kind of token', {}, { typ: 'logout+jwt' }],
    ['an ID token', { nonce: 'n' }, { typ: 'JWT' }],
    ['a token of the future', { iat: 4_000_000_000, exp: 4_000_000_300 }, {}],
    ['a token bound to a key', { cnf: {} }, {}],
    ['an unknown key', {}, { kid: 'other' }],
  ])('%s has the reason that the server logs', async (_what, claims, header) => {
    const token = await issuer.sign(claims, { header })
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })],
    })
    const verification = await verifier.verify(token, Date.now())
    const { out } = await explain(token, ['--json'])
    const { accepted, checks } = JSON.parse(out)
    expect(accepted).toBe(false)
    expect(verification.ok ? null : verification.reason).toBe(
      checks.find(({ ok }: { ok: boolean }) => ok === false).reason,
    )
  })

  test('with a wrong signature is named so', async () => {
    const { id } = issuer.key
    const forged = { ...(await createSigningKey()), id }
    const { out } = await explain(await issuer.sign({}, { key: forged }))
    expect(out).toMatch(/^jwt-signature +signature /m)
  })
})

test('the token is never printed', async () => {
  const token = await issuer.sign({ scope: 'a' })
  for (const words of [[], ['--json'], ['--offline']]) {
    const { out, err } = await explain(token, words)
    for (const part of token.split('.')) expect(out + err).not.toContain(part)
  }
  const { out, err } = await explain('lk_hidden')
  expect(out).toContain('key-malformed')
  expect(out + err).not.toContain('hidden')
})

describe('an API key', () => {
  const { id, secret, key } = generateKey('lk')
  const other = generateKey('ab').key
  const changed = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`

  test.each([key, `X-API-Key: ${key}\n`, `Authorization: Bearer ${key}`])(
    'is explained by its form, checksum and id, and may be valid',
    async (text) => {
      const { code, out, err } = await explain(text)
      expect({ code, err }).toEqual({ code: 1, err: 'latchkey: Some checks could not be made.\n' })
      expect(out).toMatch(/^ok +form +an API key of 69 characters\nok +prefix +lk\n/m)
      expect(out).toMatch(
        new RegExp(`^ok +checksum +correct\nok +id +${id}\nnot checked +state`, 'm'),
      )
      expect(out).toContain('`latchkey keys list --owner <user>`')
      expect(out).toContain(`/keys/${id}`)
      expect(out).not.toContain(secret)
    },
  )

  test.each([
    ['a changed character', changed, /^key-malformed +checksum +wrong/m],
    ['a lost end', key.slice(0, -3), /^key-malformed +form .*this one has 16 and 46$/m],
    [
      'a character of another alphabet',
      `${key.slice(0, -1)}-`,
      /^key-malformed .* other characters$/m,
    ],
    ['another prefix', other, /^unrecognised +prefix +ab; KEY_PREFIX is lk$/m],
  ])('with %s is refused', async (_what, text, line) => {
    const { code, out, err } = await explain(text)
    expect({ code, err }).toEqual({ code: 1, err: 'latchkey: The API key is refused.\n' })
    expect(out).toMatch(line)
    expect(out).not.toContain(text.slice(20, 40))
  })

  test('of KEY_PREFIX is one of this server, and offline of any prefix', async () => {
    const { out } = await explain(other, ['--json'], { KEY_PREFIX: 'ab' })
    expect(JSON.parse(out)).toMatchObject({ accepted: null })
    const offline = await explain(other, ['--offline'])
    expect(offline).toMatchObject({ code: 0, err: '' })
    expect(offline.out).toMatch(/^not checked +prefix +ab$/m)
  })

  test('of another system is a text that is not a token', async () => {
    expect((await explain('ghp_0123456789')).out).toContain('jwt-not-a-jws')
  })
})

test('offline, nothing is read from the configuration or the issuer', async () => {
  const before = { ...issuer.requests }
  const { code, out } = await explain(await issuer.sign(), ['--offline'], { JWT_AUDIENCE: '' })
  expect(code).toBe(0)
  expect(out).toMatch(/^not checked +iss /m)
  expect(out).toMatch(/^not checked +aud /m)
  expect(out).toMatch(/^not checked +signature /m)
  expect(out).toContain('Some checks were not made')
  expect(issuer.requests).toEqual(before)
})

test('an issuer that cannot be reached leaves the signature unchecked', async () => {
  const token = await issuer.sign()
  issuer.fail('error')
  const { code, out } = await explain(token)
  issuer.fail(null)
  expect(code).toBe(1)
  expect(out).toMatch(/^not checked +signature .*the keys of the issuer are not known/m)
})

test.each([
  [['token', 'explain', 'eyJhbGciOiJFUzI1NiJ9.e30.e30'], 'Write - and send the token'],
  [['token', 'explain', '-'], 'has no token'],
  [['token'], '--subject'],
])('%j is a fault in the command line', async (words, message) => {
  const { code, err } = await run(words, { environment: environment() })
  expect(code).toBe(2)
  expect(err).toContain(message)
  expect(err).not.toContain('eyJ')
})
