import type { GeneratorValue } from 'fast-check'
import * as fc from 'fast-check'
import {
  buildSchema,
  Kind,
  NoUnusedFragmentsRule,
  OverlappingFieldsCanBeMergedRule,
  parse,
  TypeInfo,
  ValidationContext,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { OverlapCheck, overlappingFieldsRule } from '../../src/limits/overlapping-fields.ts'

const schema = buildSchema(/* GraphQL */ `
  interface Node { id: ID! name: String next: Node kin(of: Int, by: [In!]): [Node] }
  input In { a: Int b: String }
  type A implements Node { id: ID! name: String next: Node kin(of: Int, by: [In!]): [Node] only: Int! other: A }
  type B implements Node { id: ID! name: String next: Node kin(of: Int, by: [In!]): [Node] only: String! other: [B] }
  type C { id: ID only: Int other: A any: Any name: String! }
  union Any = A | B | C
  type Query { node: Node a: A b: B c: C any: Any list: [Any!]! }
`)

const verdict = (source: string, rule: typeof overlappingFieldsRule) =>
  validate(schema, parse(source), [NoUnusedFragmentsRule, rule]).length === 0

const agree = (source: string) => {
  const ours = verdict(source, overlappingFieldsRule)
  expect([source, ours]).toEqual([source, verdict(source, OverlappingFieldsCanBeMergedRule)])
  return ours
}

function stepsOf(source: string): number {
  const document = parse(source)
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {})
  const check = new OverlapCheck(context)
  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION) check.run(node)
  }
  return check.steps
}

describe('fields that overlap', () => {
  it.each([
    ['once', '{ a { id } }'],
    ['twice', '{ a { id } a { id name } }'],
    ['under one name', '{ x: a { id } x: b { id } }'],
    ['of one type under one name', '{ a { x: id x: name } }'],
    ['of types that exclude each other', '{ any { ... on A { x: id } ... on B { x: id } } }'],
    ['of such types in different shapes', '{ any { ... on A { only } ... on B { only } } }'],
    ['lists and single', '{ any { ... on A { other { id } } ... on B { other { id } } } }'],
    [
      'below types that exclude each other',
      '{ any { ... on A { other { x: id } } ... on C { other { x: name } } } }',
    ],
    ['of an interface', '{ node { x: id ... on A { x: name } } }'],
    ['in fragments', '{ a { ...F ...G } } fragment F on A { x: id } fragment G on A { x: name }'],
    [
      'with arguments',
      '{ node { kin(of: 1, by: [{ a: 1, b: "x" }]) { id } kin(by: [{ b: "x", a: 1 }], of: 1) { name } } }',
    ],
    ['with other arguments', '{ node { kin(of: 1) { id } kin(of: 2) { id } } }'],
    [
      'with a list of other order',
      '{ node { kin(by: [{ a: 1 }, { a: 2 }]) { id } kin(by: [{ a: 2 }, { a: 1 }]) { id } } }',
    ],
    [
      'with a block string',
      '{ node { kin(by: { b: "x" }) { id } kin(by: { b: """x""" }) { id } } }',
    ],
    ['of introspection', '{ __schema { types { x: name x: kind } } }'],
    [
      'of introspection, the same',
      '{ __schema { types { name } } __schema { types { name kind } } }',
    ],
    ['with __typename', '{ any { x: __typename ... on A { x: id } } }'],
    [
      'with __typename of excluding types',
      '{ any { ... on A { x: __typename } ... on B { x: only } } }',
    ],
    ['fields that are not there', '{ a { x: nothing x: id } b { y: no y: no } }'],
    ['types that are not there', '{ any { ... on Nobody { x: id } ... on A { x: id } } }'],
    ['fragments that are not there', '{ a { ...Nowhere x: id } }'],
    [
      'fragments in a circle',
      '{ a { ...F } } fragment F on A { x: id ...G } fragment G on A { x: name ...F }',
    ],
    ['in one of two operations', 'query A { a { id } } query B { a { x: id x: name } }'],
  ])('%s: the verdict is that of graphql-js', (_name, source) => {
    agree(source)
  })

  it('agree with graphql-js on random documents', () => {
    const verdicts = { valid: 0, invalid: 0 }
    fc.assert(
      fc.property(fc.gen(), (g) => {
        for (let n = 0; n < 10; n++) verdicts[agree(randomDocument(g)) ? 'valid' : 'invalid'] += 1
      }),
      { numRuns: 60 },
    )
    expect(Math.min(verdicts.valid, verdicts.invalid)).toBeGreaterThan(5)
  })

  it('in conflict are reported with location and reason, at most once for each operation', () => {
    const errors = validate(schema, parse('{ a { other { x: id } other { x: name } } }'), [
      overlappingFieldsRule,
    ])
    expect(errors.map((error) => error.toJSON())).toEqual([
      {
        message:
          'Fields "x" conflict because "id" and "name" are different fields. Use different aliases on the fields to fetch both if this was intentional.',
        locations: [
          { line: 1, column: 15 },
          { line: 1, column: 31 },
        ],
      },
    ])
  })
})

describe('the work of comparing fields', () => {
  const many = (count: number, of: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => of(n)).join(' ')

  it.each<[string, (size: number) => string]>([
    ['a field repeated', (n) => `{ ${many(n, () => 'a { id }')} }`],
    ['a leaf repeated', (n) => `{ a { ${many(n, () => 'id')} } }`],
    [
      'repeated with different fields below',
      (n) => `{ ${many(n, (i) => `a { id ${i % 2 ? 'name' : 'only'} }`)} }`,
    ],
    [
      'fragments side by side',
      (n) =>
        `{ a { ${many(n, (i) => `...F${i}`)} } } ${many(n, (i) => `fragment F${i} on A { next { id } }`)}`,
    ],
    [
      'a chain of fragments',
      (n) =>
        `{ a { ...F0 } } ${many(n, (i) => `fragment F${i} on A { id ...F${i + 1} }`)} fragment F${n} on A { id }`,
    ],
    [
      'fragments that double',
      (n) =>
        `{ node { ...F0 } } ${many(n, (i) => `fragment F${i} on Node { l: next { ...F${i + 1} } r: next { ...F${i + 1} } }`)} fragment F${n} on Node { id }`,
    ],
    [
      'types that exclude each other',
      (n) => `{ node { ${many(n, () => '... on A { next { id } } ... on B { next { id } }')} } }`,
    ],
  ])('grows with the document: %s', (_name, of) => {
    const [small, medium, large] = [100, 200, 300].map((size) => stepsOf(of(size)))
    expect(Number(large) - Number(medium)).toBe(Number(medium) - Number(small))
    expect(large).toBeLessThan(6_000)
  })

  it('is bounded if object and abstract types multiply it', () => {
    const level = (below: string): string =>
      below === ''
        ? '{ id }'
        : `{ next ${below} ... on A { next ${below} } ... on B { next ${below} } }`
    let deep = ''
    for (let n = 0; n < 6; n++) deep = level(deep)
    const wide = `{ node ${deep} }`
    const errors = validate(schema, parse(wide), [overlappingFieldsRule])
    expect(stepsOf(wide)).toBeLessThan(11_000)
    for (const { extensions } of errors) expect(extensions.limit).toBe('overlaps')
  })

  it('is bounded if many operations spread one large fragment', () => {
    const source = `${many(200, (n) => `query Q${n} { ...F }`)} fragment F on Query { ${many(300, () => 'a { id }')} }`
    const errors = validate(schema, parse(source), [overlappingFieldsRule])
    expect(stepsOf(source)).toBeLessThan(71_000)
    expect(errors[0]?.extensions.limit).toBe('overlaps')
  })
})

/** Generates a document with few names, so that fields overlap in every way. */
function randomDocument(g: GeneratorValue): string {
  const pick = <T>(items: readonly T[]): T => items[g(fc.nat, { max: items.length - 1 })] as T
  const chance = (percent: number) => g(fc.integer, { min: 0, max: 99 }) < percent
  const fragments = ['F0', 'F1', 'F2']
  const conditions = ['A', 'B', 'C', 'Node', 'Any']
  const selection = (depth: number, from: number): string => {
    if (chance(20) && from < fragments.length) return `...${pick(fragments.slice(from))}`
    if (chance(30)) return `... ${chance(80) ? `on ${pick(conditions)}` : ''} ${set(depth, from)}`
    const alias = chance(25) ? `${pick(['x', 'y'])}: ` : ''
    const leaf = pick(['id', 'name', 'only', '__typename'])
    if (depth === 0 || chance(50)) return `${alias}${leaf}`
    const args = chance(40) ? pick(['(of: 1)', '(of: 2)', '(by: [{ a: 1, b: "x" }])']) : ''
    const field = args === '' ? pick(['next', 'other', 'any']) : 'kin'
    return `${alias}${field}${args} ${set(depth - 1, from)}`
  }
  const set = (depth: number, from: number): string =>
    `{ ${Array.from({ length: g(fc.integer, { min: 1, max: 3 }) }, () => selection(depth, from)).join(' ')} }`
  const roots = Array.from(
    { length: g(fc.integer, { min: 1, max: 2 }) },
    () => `${pick(['node', 'a', 'c', 'any', 'x: list', 'x: any'])} ${set(2, 0)}`,
  )
  const types = ['Node', 'A', 'Any']
  const spread = fragments.map((name) => `...${name}`).join(' ')
  const all = chance(30) ? `z: any { ${spread} }` : ''
  return `{ ${roots.join(' ')} ${all} } ${fragments
    .map((name, n) => `fragment ${name} on ${pick(types)} ${set(1, n + 1)}`)
    .join(' ')}`
}
