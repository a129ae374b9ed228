import { describe, expect, it } from 'vitest'
import { isSubject, isUserId } from '../../src/users/identity.ts'
import { optionalEmail, requiredSubject } from '../../src/users/rules.ts'

const badInput = (message: string | RegExp) =>
  expect.objectContaining({
    code: 'BAD_USER_INPUT',
    field: 'field',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })

describe('a subject', () => {
  it.each([
    'a',
    'auth0|65a',
    '!',
    '~',
    'ad|corp|CORP\\john doe',
    'müller 1',
    '田中 太郎',
    'e\u0301',
    'x'.repeat(255),
    '😀'.repeat(255),
  ])('may be %s', (text) => {
    expect(isSubject(text)).toBe(true)
    expect(requiredSubject('field', text)).toBe(text)
  })

  it.each([
    '',
    ' ',
    'a\n',
    ' a',
    'a ',
    'a\tb',
    '\x7f',
    'a\u0085b',
    'a\u00a0b',
    'a\u00adb',
    'a\u034fb',
    'a\u200bb',
    'a\u200db',
    'a\u202eb',
    'a\u2028b',
    'a\u2800b',
    'a\u3000b',
    'a\u3164b',
    'a\ufeffb',
    'a\uffffb',
    'a\ufe0fb',
    'a\u{e0041}b',
    'a\ud800b',
    'x'.repeat(256),
    '😀'.repeat(256),
  ])('is not %j', (text) => {
    expect(isSubject(text)).toBe(false)
    expect(() => requiredSubject('field', text)).toThrow(
      badInput('`field` must be 1 to 255 visible characters, with spaces only between them.'),
    )
  })
})

describe('an e-mail address', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' ada@example.com ', 'ada@example.com'],
    ['ä@例え.jp', 'ä@例え.jp'],
    [`${'x'.repeat(252)}@y`, `${'x'.repeat(252)}@y`],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%s is stored as %s', (value, email) => {
    expect(optionalEmail('field', value)).toBe(email)
  })

  it.each(['ada', '@example.com', 'ada@', 'a@b@c', 'a b@c', 'a@b c', '@'])(
    '%j is none',
    (value) => {
      expect(() => optionalEmail('field', value)).toThrow(
        badInput('`field` is not an e-mail address.'),
      )
    },
  )

  it('is not longer than 254 characters', () => {
    expect(() => optionalEmail('field', `${'x'.repeat(253)}@y`)).toThrow(badInput(/at most 254/))
  })
})

describe("a user's id", () => {
  it.each([
    ['018f4b2e-7c1d-7a3b-8f00-0123456789ab', true],
    ['018F4B2E-7C1D-7A3B-8F00-0123456789AB', true],
    ['018f4b2e-7c1d-7a3b-8f00-0123456789a', false],
    ['018f4b2e-7c1d-7a3b-8f00-0123456789abc', false],
    ['x018f4b2e-7c1d-7a3b-8f00-0123456789ab', false],
    ['018f4b2e7c1d7a3b8f000123456789ab', false],
    ['018f4b2e-7c1d-7a3b-8f0-0123456789ab', false],
    ['018f4b2e-7c1d-7a3b-0123456789ab', false],
    ['g18f4b2e-7c1d-7a3b-8f00-0123456789ab', false],
    ['18f4b2e-7c1d-7a3b-8f00-0123456789ab', false],
    ['018f4b2e-7c1d-7a3b-8f00-0123456789ab\n', false],
    ['', false],
  ])('may be %j: %s', (text, possible) => {
    expect(isUserId(text)).toBe(possible)
  })
})
