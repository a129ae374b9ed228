import {
  buildSchema,
  GraphQLID,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLUnionType,
  parse,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { analyseOperation } from '../../src/decision/index.ts'

const schema = buildSchema(/* GraphQL */ `
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  interface Node { id: ID! next: Node }
  type A implements Node { id: ID! next: Node secret: Int @requiresScopes(scopes: [["a"]]) }
  type B implements Node { id: ID! next: Node secret: Int @requiresScopes(scopes: [["b"]]) }
  type Query { a: A node: Node ${Array.from({ length: 40 }, (_, n) => `either${n}: Int @requiresScopes(scopes: [["x${n}"], ["y${n}"]])`).join(' ')} }
`)

function analyse(source: string) {
  const analysis = analyseOperation(schema, parse(source))
  if (analysis === null) throw new Error('no operation')
  return analysis
}

/** Makes fragments that each spread the next one twice: expanded, 2 to the power of `levels` fields. */
function doubling(levels: number, spreads: (next: string) => string): string {
  const fragments = Array.from(
    { length: levels },
    (_, level) => `fragment F${level} on Node { ${spreads(`...F${level + 1}`)} }`,
  )
  return `{ node { ...F0 } } ${fragments.join(' ')}
    fragment F${levels} on Node { ... on A { secret } ... on B { secret } }`
}

describe('the work of an analysis', () => {
  it.each([
    ['side by side', (next: string) => `${next} ${next}`],
    ['under aliases', (next: string) => `left: next { ${next} } right: next { ${next} }`],
    [
      'under type conditions',
      (next: string) => `... on A { ${next} } ... on B { ${next} } ${next}`,
    ],
  ])('grows with the document if fragments double %s', (_, spreads) => {
    const steps = [10, 20, 30, 40].map((levels) => analyse(doubling(levels, spreads)).steps)
    const growth = steps.slice(1).map((count, index) => count - (steps[index] ?? 0))
    expect(new Set(growth).size).toBe(1)
    expect(steps[3]).toBeLessThan(1000)
    expect(analyse(doubling(30, spreads)).evaluate({})).toMatchObject({
      scopes: [['a', 'b']],
      fields: [{ coordinate: 'A.secret' }, { coordinate: 'B.secret' }],
    })
  })

  it('grows with the number of aliases and with depth', () => {
    const aliases = (count: number) =>
      `{ a { ${Array.from({ length: count }, (_, n) => `f${n}: secret`).join(' ')} } }`
    const deep = (depth: number) => `{ node ${'{ next '.repeat(depth)}{ id }${' }'.repeat(depth)} }`
    expect(analyse(aliases(10_000)).steps).toBe(10_001)
    // Each level is analysed for each of the two types that implement Node.
    expect(analyse(deep(500)).steps - analyse(deep(400)).steps).toBe(200)
  })

  it('ends if fragments form a cycle, which validation refuses', () => {
    const source =
      '{ a { ...F } } fragment F on A { secret next { ...G } } fragment G on Node { ...F }'
    expect(analyse(source).evaluate({}).scopes).toEqual([['a']])
  })
})

describe('the work of an evaluation', () => {
  it('ends at the first invalid value', () => {
    let read = 0
    const scalar = new GraphQLScalarType({
      name: '_Any',
      parseValue() {
        read += 1
        throw new Error('not valid')
      },
    })
    const type = new GraphQLList(new GraphQLNonNull(scalar))
    const entity = new GraphQLObjectType({ name: 'E', fields: { id: { type: GraphQLID } } })
    const entities = new GraphQLUnionType({ name: '_Entity', types: [entity] })
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: {
        _entities: {
          type: new GraphQLList(entities),
          args: { representations: { type } },
          extensions: { latchkey: { authenticated: true } },
        },
      },
    })
    const document = parse('query ($r: [_Any!]) { _entities(representations: $r) { __typename } }')
    const analysis = analyseOperation(new GraphQLSchema({ query }), document)
    expect(analysis?.evaluate({ r: Array(1_000).fill(1) }).authenticated).toBe(true)
    expect(read).toBe(1)
  })

  it('does not grow with repeated selections of one payload', () => {
    const rule = { paths: [[]], covers: () => true, requiresScopes: [['x']], isExempt: () => true }
    const made = new GraphQLObjectType({ name: 'Made', fields: { id: { type: GraphQLID } } })
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: { make: { type: made, extensions: { latchkey: { payload: [rule] } } } },
    })
    const document = parse(`{ make { ${'id '.repeat(500)} } }`)
    const analysis = analyseOperation(new GraphQLSchema({ query }), document)
    expect(analysis?.evaluate({}).exemptible).toHaveLength(1)
  })
})

describe('the report about an operation', () => {
  it('has at most 20 paths for each field', () => {
    const many = `{ a { ${Array.from({ length: 100 }, (_, n) => `f${n}: secret`).join(' ')} } }`
    const doubled = doubling(30, (next) => `l: next { ${next} } r: next { ${next} }`)
    for (const source of [many, doubled]) {
      const paths = analyse(source)
        .evaluate({})
        .fields[0]?.paths.map((path) => path.join('.'))
      expect(paths?.length).toBeGreaterThan(10)
      expect(paths?.length).toBeLessThanOrEqual(20)
      expect(new Set(paths).size).toBe(paths?.length)
    }
  })

  it('has at most 64 alternatives, each of which suffices', () => {
    const fields = Array.from({ length: 40 }, (_, n) => `either${n}`)
    const { scopes, requirements } = analyse(`{ ${fields.join(' ')} }`).evaluate({})
    expect(requirements).toHaveLength(40)
    expect(scopes).toHaveLength(64)
    for (const list of scopes) {
      expect(requirements.every((or) => or.some((and) => and.every((x) => list.includes(x))))).toBe(
        true,
      )
    }
  })
})
