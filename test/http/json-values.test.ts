import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasMoreValues } from '../../src/http/json-values.ts'

/** Counts the values of a parsed JSON text. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return (
    1 + Math.max(0, inner.length - 1) + inner.reduce<number>((sum, one) => sum + valuesIn(one), 0)
  )
}

it('JSON values are counted as a parser would, whatever the strings contain', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('[', '{,', '"', '\\', '\\"', '\\\\"[', ',,,'))
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.array(tie('any')),
      fc.dictionary(text, tie('any')),
    ),
  })).any
  fc.assert(
    fc.property(value, fc.boolean(), (any, pretty) => {
      const json = JSON.stringify(any, null, pretty ? 1 : 0) + ' '.repeat(1000)
      const count = 1 + valuesIn(any)
      expect(hasMoreValues(json, count)).toBe(false)
      if (count > 1) expect(hasMoreValues(json, count - 1)).toBe(true)
    }),
  )
})

it.each(['"', '"\\', '"\\"', '[[[[', '{"a', '\\"'])('%s, which is cut off, ends', (json) => {
  expect(hasMoreValues(json.padEnd(10), 5)).toBe(false)
})
