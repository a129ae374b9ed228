import { expect, it } from 'vitest'
import { isObject } from '../../src/json.ts'

it('an object is neither a list nor nothing', () => {
  expect(isObject({})).toBe(true)
  for (const value of [null, undefined, [], 'a', 1, () => {}]) expect(isObject(value)).toBe(false)
})
