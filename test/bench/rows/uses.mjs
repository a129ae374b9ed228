/** Measures how long it takes to write uses of keys, and how the tables grow. */
import { median } from '../measure.mjs'
import { trials } from './in-process.mjs'

export async function measureUses(world, { generations, uses }) {
  const size = { keys: 200_000, used: 20_000, uses, burst: 100_000 }
  const packed = await trials('uses', world, size, generations)
  const [full] = await trials('uses', world, { ...size, full: true }, 1)
  const count = (number) => number.toLocaleString('en')
  const of = (name) => median(packed.map((answer) => answer[name]))
  const errors = [...packed, full].flatMap((answer) => answer.errors)
  const after = `${count(uses)} uses of ${count(size.used)} of ${count(size.keys)} keys`
  const seconds = of('burstMilliseconds') / 1000
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  const table = ({ hot, hotScopes, growth }) =>
    `${percent(hot)} (scopes ${percent(hotScopes)}); ${growth.toFixed(3)} × the size`
  const met = ({ hot, hotScopes, growth }) => hot >= 0.9 && hotScopes >= 0.9 && growth <= 1.1
  const steady = { hot: of('hot'), hotScopes: of('hotScopes'), growth: of('growth') }
  return [
    {
      figure: `Uses of ${count(size.burst)} keys and a scope each, written by one flush`,
      result: `${seconds.toFixed(1)} s, ${of('burstStatements')} statements, ${errors.length} failed`,
      goal: '≤ 5 s, none failed',
      met: seconds <= 5 && errors.length === 0,
    },
    {
      figure: `HOT updates and size of the table after ${after}`,
      result: table(steady),
      goal: '≥ 90 %; ≤ 1.1',
      met: met(steady),
    },
    {
      figure: 'The same, of a table whose pages were full',
      result: table(full),
      goal: '≥ 90 %; ≤ 1.1',
      met: met(full),
    },
  ]
}
