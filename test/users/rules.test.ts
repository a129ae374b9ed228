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
  it.each(['a', 'auth0|65a', '!', '~', 'x'.repeat(255)])('may be %s', (text) => {
    expect(isSubject(text)).toBe(true)
    expect(requiredSubject('field', text)).toBe(text)
  })

  it.each(['', ' ', 'a b', 'a\n', ' a', 'ä', '\x7f', 'x'.repeat(256)])('is not %j', (text) => {
    expect(isSubject(text)).toBe(false)
    expect(() => requiredSubject('field', text)).toThrow(
      badInput('`field` must be 1 to 255 visible ASCII characters.'),
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
