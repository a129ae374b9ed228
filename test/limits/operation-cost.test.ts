import { buildSchema, Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { CostPlanner, costOfOperation } from '../../src/limits/operation-cost.ts'

const schema = buildSchema(/* GraphQL */ `
  scalar Any
  input Filter { ids: [ID!] more: Filter }
  type Item { id: ID! items(first: Int, last: Int): [Item] }
  type Query { item(filter: Filter, any: Any): Item items(first: Int, last: Int): [Item] byId(ids: [ID!]!): [Item] }
`)

function costs(source: string) {
  const document = parse(source)
  const planner = new CostPlanner(schema, document, { defaultSize: 20 })
  const [first, ...others] = document.definitions
    .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    .map((operation) => costOfOperation(planner, operation))
  if (first === undefined) throw new Error('no operation')
  return { ...first, others, steps: planner.steps }
}

describe('the cost of an operation', () => {
  it.each<[string, string, object, number]>([
    ['each field', '{ item { id } }', {}, 2],
    ['a page as long as it is by default', '{ items { id } }', {}, 40],
    ['a page as long as is asked for', '{ items(first: 3) { items(last: 5) { id } } }', {}, 33],
    ['by a variable', 'query ($n: Int) { items(first: $n) { id } }', { n: 7 }, 14],
    ['by a variable left out', 'query ($n: Int) { items(first: $n) { id } }', {}, 40],
    [
      'by a variable that is null',
      'query ($n: Int = 3) { items(first: $n) { id } }',
      { n: null },
      40,
    ],
    ['by the default of a variable', 'query ($n: Int = 3) { items(first: $n) { id } }', {}, 6],
    ['a list of as many as are named', '{ byId(ids: [1, 2, 3]) { id } }', {}, 3 + 6],
    ['named in a variable', 'query ($i: [ID!]!) { byId(ids: $i) { id } }', { i: [1, 2] }, 2 + 4],
    ['one in the place of a list', 'query ($i: [ID!]!) { byId(ids: $i) { id } }', { i: 1 }, 2],
    [
      'lists in an input',
      '{ item(filter: { ids: [1, 2], more: { ids: [3] } }) { id } }',
      {},
      3 + 2,
    ],
    [
      'lists in an input in a variable',
      'query ($f: Filter) { item(filter: $f) { id } }',
      { f: { ids: [1, 2] } },
      2 + 2,
    ],
    [
      'lists in JSON in a variable',
      'query ($a: Any) { item(any: $a) { id } }',
      { a: { b: [[1], { c: [2] }] } },
      4 + 2,
    ],
    [
      'a variable as often as it is used',
      'query ($i: [ID!]!) { a: byId(ids: $i) { id } b: byId(ids: $i) { id } }',
      { i: [1] },
      6,
    ],
    [
      'a fragment at each spread',
      'query ($n: Int) { a: item { ...F } b: item { ...F } } fragment F on Item { items(first: $n) { id } }',
      { n: 10 },
      42,
    ],
    ['a fragment within itself once', '{ item { ...F } } fragment F on Item { id ...F }', {}, 2],
    ['fields that are not there', '{ nothing { at all } }', {}, 1],
  ])('counts %s', (_name, source, variables, expected) => {
    const { minimum, ...cost } = costs(source)
    expect(cost.with(variables as Record<string, unknown>)).toBe(expected)
    expect(minimum).toBeLessThanOrEqual(expected)
  })

  it('is a minimum if a variable is unknown', () => {
    expect(costs('query ($n: Int) { items(first: $n) { id } }').minimum).toBe(2)
    expect(costs('{ items(first: 3) { id } }').minimum).toBe(6)
  })

  it('does not exhaust the stack if JSON is nested deeply', () => {
    const a = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
    expect(costs('query ($a: Any) { item(any: $a) { id } }').with({ a })).toBe(49_999 + 2)
  })

  it('takes steps in proportion to the document, whatever its operations share', () => {
    const shared = (operations: number) =>
      `${Array.from({ length: operations }, (_, n) => `query Q${n}($n: Int) { ...F }`).join(' ')} fragment F on Query { ${'items(first: $n) { id } '.repeat(100)} }`
    expect(costs(shared(100)).steps - costs(shared(50)).steps).toBe(50)
  })

  it('adds up each fragment once for all its spreads', () => {
    const levels = 60
    const fragments = Array.from({ length: levels }, (_, n) => {
      const next = n + 1 === levels ? 'items(first: $n) { id }' : `...F${n + 1} ...F${n + 1}`
      return `fragment F${n} on Item { ${next} }`
    })
    const cost = costs(`query ($n: Int) { item { ...F0 } } ${fragments.join(' ')}`).with({ n: 1 })
    expect(cost).toBe(1 + 2 ** (levels - 1) * 2)
  })
})
