/** Measures authentication by itself, without HTTP. */
import { estimate, median, show } from '../measure.mjs'
import { trials } from './in-process.mjs'

export async function measureFirstSight(world, { generations, rounds }) {
  const rows = []
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const tokens = await world.makeTokens(200, alg)
    const input = { alg, jwk: world.publicJwk(alg), tokens, rounds }
    const answers = await trials('first-sight', world, input, generations)
    for (const [name, circumstance] of [
      ['alone', 'one at a time'],
      ['together', '32 at once'],
    ]) {
      const ratio = estimate(answers.flatMap((answer) => answer[name]))
      rows.push({
        figure: `First use of a JWT, ${alg}, time against jose's \`jwtVerify\`, ${circumstance}`,
        result: show(ratio),
        goal: '≤ 1.4',
        met: ratio.median <= 1.4,
      })
    }
  }
  return rows
}

export async function measureColdKey(world, { generations, rounds }) {
  const answers = await trials('cold-key', world, { keys: world.keys, rounds }, generations)
  const ratio = estimate(answers.flatMap(({ ratios }) => ratios))
  const perSecond = Math.round(median(answers.flatMap((answer) => answer.perSecond)))
  return [
    {
      figure:
        'Another key each time, against a point query of postgres.js, 4 connections, 32 at once',
      result: `${show(ratio)}; ${perSecond}/s`,
      goal: '≥ 0.9',
      met: ratio.median >= 0.9,
    },
  ]
}

export async function measureProcessorTime(world, { generations, rounds }) {
  const input = { keys: world.keys.slice(0, 1_000), tokens: world.tokens, rounds }
  const answers = await trials('processor-time', world, input, generations)
  const of = (name) => median(answers.map((answer) => answer[name]))
  return [
    ['key', 'key'],
    ['jwt', 'JWT'],
  ].map(([kind, name]) => {
    const sum = of(kind) + of('decision')
    return {
      figure: `Processor time, cached ${name} and decision on a known document`,
      result: `${of(kind).toFixed(2)} + ${of('decision').toFixed(2)} = ${sum.toFixed(2)} µs`,
      goal: '≤ 3 µs',
      met: sum <= 3,
    }
  })
}

export async function measureOneFlight(world) {
  const [coldKey] = await world.makeKeys(1)
  const [{ queries }] = await trials('one-flight', world, { keys: world.keys, coldKey }, 1)
  return [
    {
      figure: 'Queries for 10,000 requests at once on one cold key',
      result: String(queries),
      goal: '1',
      met: queries === 1,
    },
  ]
}

export async function measureMemory(world, { credentials }) {
  const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`
  const rows = []
  for (const [smallHeap, most] of [
    [false, 150],
    [true, 96],
  ]) {
    const input = { keys: world.keys, count: credentials, smallHeap }
    const [{ resident, peak, heap }] = await trials('memory', world, input, 1)
    const many = credentials.toLocaleString('en')
    rows.push({
      figure: `Resident memory under ${many} different credentials, good and not${smallHeap ? ', with --small-heap' : ''}`,
      result: `+ ${megabytes(resident)} (at most + ${megabytes(peak)}; heap + ${megabytes(heap)})`,
      goal: `≤ + ${most} MB`,
      met: resident <= most * 2 ** 20,
    })
  }
  return rows
}
