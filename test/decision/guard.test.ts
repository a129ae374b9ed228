import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { analyseOperation, decide, refusal, scopeCoordinates } from '../../src/decision/index.ts'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import { principalWith } from '../pothos/example.ts'

const directives = `
  directive @public on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR
`

function evaluate(types: string, source: string) {
  const schema = buildSchema(directives + types)
  const evaluation = analyseOperation(schema, parse(source))?.evaluate({})
  if (evaluation === undefined) throw new Error('no operation')
  return evaluation
}

describe('a guard written in SDL', () => {
  it.each([
    [
      'on a type holds for its fields',
      'type Query { t: T } type T @authenticated { a: Int }',
      [[]],
    ],
    [
      'on an extension of a type holds',
      'type Query { t: T } type T { a: Int } extend type T @requiresScopes(scopes: [["x"]])',
      [['x']],
    ],
    [
      'on an interface holds for its types',
      'type Query { t: T } interface I @requiresScopes(scopes: [["x"]]) { a: Int } type T implements I { a: Int }',
      [['x']],
    ],
    [
      'on a field of an interface holds for the field of its types',
      'type Query { t: T } interface I { a: Int @requiresScopes(scopes: [["x"]]) } type T implements I { a: Int @requiresScopes(scopes: [["y"]]) }',
      [['x', 'y']],
    ],
    [
      'on a scalar holds for fields that answer with it',
      'type Query { t: T } scalar S @requiresScopes(scopes: [["x"]]) type T { a: [S!]! }',
      [['x']],
    ],
    [
      'on field and type at once holds for both',
      'type Query { t: T } type T @authenticated { a: Int @requiresScopes(scopes: [["x"]]) }',
      [['x']],
    ],
    [
      'may leave out brackets as any list of GraphQL may',
      'type Query { t: T } type T { a: Int @requiresScopes(scopes: ["x", "y"]) }',
      [['x'], ['y']],
    ],
    [
      'may be one that no one meets',
      'type Query { t: T } type T { a: Int @requiresScopes(scopes: []) }',
      [],
    ],
  ])('%s', (_, types, scopes) => {
    const evaluation = evaluate(types, '{ t { a } }')
    expect(evaluation.authenticated).toBe(true)
    expect(evaluation.scopes).toEqual(scopes)
    expect(decide(evaluation, null).outcome).toBe('unauthenticated')
  })

  it('that makes no sense is an error rather than no guard', () => {
    const types = 'type Query { a: Int @requiresScopes(scopes: [[1]]) }'
    const schema = buildSchema(directives + types, { assumeValidSDL: true })
    expect(() => analyseOperation(schema, parse('{ a }'))).toThrow(TypeError)
  })

  it('is in the catalogue', () => {
    const schema = buildSchema(
      `${directives} type Query { t: T @requiresScopes(scopes: [["x", "y"], ["x"]]) open: Int @public } type T @requiresScopes(scopes: [["y"]]) { a: Int }`,
    )
    expect([...scopeCoordinates(schema)]).toEqual([
      ['x', ['Query.t']],
      ['y', ['Query.t', 'T']],
    ])
  })
})

describe('a refusal', () => {
  const evaluation = () =>
    evaluate('type Query { a: Int @requiresScopes(scopes: [["x"]]) }', '{ a }')

  it('is told by the error of its kind', () => {
    const anonymous = decide(evaluation(), null)
    const lacking = decide(evaluation(), principalWith('y'))
    if (anonymous.outcome === 'allowed' || lacking.outcome === 'allowed') throw new Error('allowed')
    expect(refusal(anonymous)).toBeInstanceOf(UnauthenticatedError)
    const error = refusal(lacking)
    expect(error).toBeInstanceOf(InsufficientScopeError)
    expect((error as InsufficientScopeError).scopes).toEqual({
      requiredScopes: [['x']],
      missingScopes: ['x'],
      notGranted: [],
    })
  })
})
