import fc from 'fast-check'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { tally } from '../../src/metrics/tallies.ts'

const label = fc.constantFrom('a', 'b', 'c')

it('counts by three labels, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(label, label, label)), async (counted) => {
      const registry = new Registry()
      const count = tally({ registry, name: 't', help: 't', labels: ['x', 'y', 'z'] })
      const expected = new Map<string, number>()
      for (const [x, y, z] of counted) {
        count(x, y, z)
        const series = `t{x="${x}",y="${y}",z="${z}"}`
        expected.set(series, (expected.get(series) ?? 0) + 1)
      }
      const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('t{'))
      const pairs = lines.map((line) => line.split(' '))
      expect(new Map(pairs.map(([series = '', value]) => [series, Number(value)]))).toEqual(
        expected,
      )
    }),
  )
})
