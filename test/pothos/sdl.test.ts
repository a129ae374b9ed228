import { readFileSync } from 'node:fs'
import { buildASTSchema, buildSchema, parse, validateSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { printSdl } from '../../src/pothos/index.ts'
import { containsSdl } from '../support/sdl.ts'
import { createBuilder } from './example.ts'

const target = readFileSync(new URL('../support/target.graphql', import.meta.url), 'utf8')

/** The definitions that `printSdl` adds to any schema. */
const header = /^extend schema\s+@link\([^)]*\)/m

/** Federation's own definitions, which a router adds to a subgraph's SDL. */
const link = 'directive @link(url: String!, import: [String]) repeatable on SCHEMA'

describe('the printed SDL', () => {
  it('contains everything in the SDL that the schema was built from', () => {
    const printed = printSdl(buildSchema(target.replace(header, '')))
    expect(containsSdl(printed, target)).toEqual([])
    expect(printSdl(buildSchema(printed.replace(header, '')))).toBe(printed)
  })

  it('is valid together with the definitions of federation', () => {
    const printed = printSdl(buildSchema(target.replace(header, '')))
    const schema = buildASTSchema(parse(`${link} ${printed}`))
    expect(validateSchema(schema)).toEqual([])
  })

  it('does not depend on the order of definitions', () => {
    const first = buildSchema('type Query { a: A b: B } type A { x: Int } type B { x: Int }')
    const second = buildSchema('type B { x: Int } type A { x: Int } type Query { b: B a: A }')
    expect(printSdl(first)).toBe(printSdl(second))
  })

  it('carries federation directives from extensions, beside the declaration', () => {
    const builder = createBuilder()
    const order = builder.objectRef<{ id: string }>('Order').implement({
      requiresScopes: 'read:orders',
      extensions: { directives: { key: { fields: 'id' } } },
      fields: (t) => ({ id: t.exposeID('id', { nullable: false }) }),
    })
    const page = builder.objectRef<object>('Page').implement({
      extensions: { directives: { shareable: {} } },
      fields: (t) => ({
        next: t.string({
          authenticated: true,
          extensions: { directives: [{ name: 'shareable', args: {} }] },
          resolve: () => '',
        }),
      }),
    })
    builder.queryType({
      fields: (t) => ({
        order: t.field({ type: order, public: true, resolve: () => ({ id: '' }) }),
        page: t.field({ type: page, public: true, resolve: () => ({}) }),
      }),
    })
    expect(
      containsSdl(
        printSdl(builder.toSchema()),
        `
          extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
          type Query { order: Order @public page: Page @public }
          type Order @key(fields: "id") @requiresScopes(scopes: [["read:orders"]]) { id: ID! }
          type Page @shareable { next: String @shareable @authenticated }
        `,
      ),
    ).toEqual([])
  })

  it('keeps root types of other names', () => {
    const printed = printSdl(buildSchema('schema { query: Root } type Root { a: Int }'))
    expect(printed).toContain('schema {\n  query: Root\n}')
    expect(() => parse(printed)).not.toThrow()
  })
})

describe('the comparison of SDL', () => {
  const base = `
    directive @tag(name: String!) on OBJECT | FIELD_DEFINITION
    interface I { a: Int }
    type T implements I @tag(name: "t") { a: Int b(x: Int = 1): String! @tag(name: "b") }
    union U = T
    enum E { A B }
    input In { a: Int! b: [Int!] }
    scalar S
  `
  it.each([
    ['scalar S', '', 'Scalar S is missing'],
    ['A B', 'A', 'Enum E: value B is missing'],
    ['U = T', 'U = Other', 'Union U: member T is missing'],
    ['implements I ', '', 'Object T: interface I is missing'],
    ['@tag(name: "t")', '@tag(name: "u")', 'Object T: directive @tag(name: "t") is missing'],
    ['@tag(name: "b")', '', 'T.b: directive @tag(name: "b") is missing'],
    ['String! @tag', 'String @tag', 'T.b: type is String, not String!'],
    ['x: Int = 1', 'x: Int = 2', 'T.b.x: default is 2, not 1'],
    ['x: Int = 1', '', 'T.b.x is missing'],
    ['x: Int = 1', 'x: Int = 1 y: Int!', 'T.b.y is required and not in the target'],
    ['b: [Int!]', 'b: [Int]', 'In.b: type is [Int], not [Int!]'],
    ['b: [Int!]', 'b: [Int!] c: Int!', 'In.c is required and not in the target'],
    ['on OBJECT |', 'on', 'directive @tag: location OBJECT is missing'],
    ['name: String!)', 'name: String)', 'directive @tag.name: type is String, not String!'],
    [') on OBJECT', ') repeatable on OBJECT', 'directive @tag: repeatable is true, not false'],
  ])('detects the change from %j to %j', (from, to, fault) => {
    const changed = base.replace(from, to).replace('b()', 'b')
    expect(containsSdl(changed, base)).toContain(fault)
  })

  it('allows additions and another order', () => {
    const more = base
      .replace('A B', 'C B A')
      .replace('a: Int b(x: Int = 1)', 'c: Int b(y: Int, x: Int = 1)')
      .replace('String! @tag(name: "b")', 'String! @tag(name: "b") a: Int')
    expect(containsSdl(more, base)).toEqual([])
  })
})
