import { expect, test } from 'vitest'
import { isHeaderName } from '../../src/header-name.ts'
import { parseJson } from '../../src/json.ts'
import { isUuid } from '../../src/uuid.ts'
import { isVisibleAscii } from '../../src/visible-ascii.ts'

test.each([
  ['0190d1c2-4b1e-7c3a-9f00-0123456789ab', true],
  ['0190D1C2-4B1E-7C3A-9F00-0123456789AB', true],
  ['0190d1c24b1e7c3a9f000123456789ab', false],
  ['{0190d1c2-4b1e-7c3a-9f00-0123456789ab}', false],
  ['0190d1c2-4b1e-7c3a-9f00-0123456789ab\n', false],
  ['', false],
])('whether %j is a UUID: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected)
})

test.each([
  ['!~', true],
  ['abcd', true],
  ['abcde', false],
  ['', false],
  ['a b', false],
  ['a\n', false],
  ['é', false],
])('whether %j is visible ASCII of at most four characters: %s', (text, expected) => {
  expect(isVisibleAscii(text, 4)).toBe(expected)
})

test.each([
  ['x-api-key', true],
  ["!#$%&'*+.^_`|~", true],
  ['', false],
  ['x:y', false],
  ['x y', false],
  ['x\r\n', false],
  ['x'.repeat(65), false],
])('whether %j can be the name of a header: %s', (text, expected) => {
  expect(isHeaderName(text, 64)).toBe(expected)
})

test('what is no JSON is undefined, and `null` is JSON', () => {
  expect([parseJson('{'), parseJson('null')]).toEqual([undefined, null])
})
