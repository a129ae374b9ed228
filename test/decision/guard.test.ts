import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { declarationOf, guardOf, isAtLeast } from '../../src/decision/guard.ts'
import {
  analyseOperation,
  decide,
  refusal,
  scopeCoordinates,
  scopesUsed,
} from '../../src/decision/index.ts'
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

  it('on a root type applies to its __typename too', () => {
    const types = 'type Query @requiresScopes(scopes: [["x"]]) { a: Int }'
    expect(evaluate(types, '{ __typename }').scopes).toEqual([['x']])
    expect(evaluate(types, '{ a }').scopes).toEqual([['x']])
  })

  it('on many types of one interface is decided for each, however many combinations there are', () => {
    const types = Array.from(
      { length: 40 },
      (_, n) =>
        `type T${n} implements I @requiresScopes(scopes: [["x${n}"], ["y${n}"]]) { a: Int }`,
    )
    const evaluation = evaluate(
      `type Query { i: I } interface I { a: Int } ${types}`,
      '{ i { a } }',
    )
    const held = types.map((_, n) => (n % 2 ? `x${n}` : `y${n}`))
    expect(decide(evaluation, principalWith(...held)).outcome).toBe('allowed')
    const decision = decide(evaluation, principalWith(...held.slice(1)))
    expect(decision).toMatchObject({ outcome: 'insufficient' })
    expect(decision).toHaveProperty('fields.0.coordinate', 'Query.i')
  })

  it('that is invalid is an error, not a missing guard', () => {
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
    const answered = buildSchema(
      `${directives} type Query { ts: [T!] i: I } interface I { a: E } type T implements I @requiresScopes(scopes: [["y"]]) { a: E } enum E @requiresScopes(scopes: [["z"]]) { A }`,
    )
    expect(Object.fromEntries(scopeCoordinates(answered))).toEqual({
      y: ['Query.i', 'Query.ts', 'T'],
      z: ['E', 'I.a', 'T.a'],
    })
  })
})

describe('a declaration', () => {
  const query = (field: string) => {
    const type = buildSchema(`
      ${directives}
      directive @federation__authenticated on FIELD_DEFINITION
      directive @federation__requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
      type Query { a: Int ${field} }
    `).getQueryType()
    const found = type?.getFields().a
    if (found === undefined) throw new Error('no field')
    return found
  }

  it.each([
    ['', null, null],
    ['@deprecated', null, null],
    ['@public', { public: true }, null],
    ['@authenticated', { authenticated: true }, [[]]],
    ['@requiresScopes(scopes: [["x"]])', { requiresScopes: [['x']] }, [['x']]],
    ['@federation__authenticated', { authenticated: true }, [[]]],
    ['@federation__requiresScopes(scopes: [["x"]])', { requiresScopes: [['x']] }, [['x']]],
    [
      '@authenticated @requiresScopes(scopes: [["x"]]) @federation__requiresScopes(scopes: [["y"]])',
      { requiresScopes: [['x', 'y']] },
      [['x', 'y']],
    ],
    ['@public @authenticated', { authenticated: true }, [[]]],
  ])('written as %j', (field, declaration, guard) => {
    const declared = declarationOf(query(field))
    expect(declared).toEqual(declaration)
    expect(guardOf(declared)).toEqual(guard)
  })

  it.each([
    [{ public: true }, null],
    [{ authenticated: true }, [[]]],
    [{ requiresScopes: [['y', 'x'], ['x'], ['z']] }, [['x'], ['z']]],
    [{ authenticated: true, requiresScopes: [['x']] }, [['x']]],
  ] as const)('in code as %j takes precedence over the directive', (latchkey, guard) => {
    const declared = declarationOf({ ...query('@authenticated'), extensions: { latchkey } })
    expect(declared).toBe(latchkey)
    expect(guardOf(declared)).toEqual(guard)
  })

  it.each([null, 'authenticated', undefined])('in code that is %j is none', (latchkey) => {
    const element = { ...query('@authenticated'), extensions: { latchkey } }
    expect(declarationOf(element)).toEqual({ authenticated: true })
    expect(declarationOf({})).toBeNull()
  })
})

describe('a guard is at least as strict as another', () => {
  it.each<[string[][] | null, string[][] | null, boolean]>([
    [null, null, true],
    [[[]], null, true],
    [[['x']], null, true],
    [null, [[]], false],
    [null, [['x']], false],
    [[[]], [[]], true],
    [[['x']], [[]], true],
    [[[]], [['x']], false],
    [[['x']], [['x']], true],
    [[['x', 'y']], [['x']], true],
    [[['x']], [['x', 'y']], false],
    [[['x'], ['y']], [['x']], false],
    [[['x']], [['x'], ['y']], true],
    [
      [
        ['x', 'z'],
        ['y', 'z'],
      ],
      [['x'], ['y']],
      true,
    ],
    [[], [['x']], true],
    [[['x']], [], false],
  ])('%j as %j: %s', (guard, other, expected) => {
    expect(isAtLeast(guard, other)).toBe(expected)
  })
})

describe('the scopes by which a principal passes', () => {
  it.each([
    ['{ t { a } }', ['x'], []],
    ['{ x }', ['x', 'y', 'z'], ['x']],
    ['{ x yz }', ['x', 'y', 'z'], ['x', 'y', 'z']],
    ['{ either }', ['x', 'y', 'z'], ['z']],
    ['{ either }', ['x', 'y'], ['x', 'y']],
    ['{ either x }', ['x', 'z'], ['x', 'z']],
  ])('%s with %j are %j', (source, held, used) => {
    const types = `
      type T { a: Int }
      type Query {
        t: T @authenticated
        x: Int @requiresScopes(scopes: [["x"]])
        yz: Int @requiresScopes(scopes: [["y", "z"]])
        either: Int @requiresScopes(scopes: [["x", "y"], ["z"]])
      }`
    expect(scopesUsed(evaluate(types, source), principalWith(...held))).toEqual(used)
  })

  it('are found even if there are more alternatives than are listed', () => {
    const fields = Array.from(
      { length: 8 },
      (_, i) => `f${i}: Int @requiresScopes(scopes: [["a${i}"], ["b${i}"], ["c${i}", "a${i}"]])`,
    )
    const evaluation = evaluate(
      `type Query { ${fields.join(' ')} }`,
      `{ ${fields.map((_, i) => `f${i}`).join(' ')} }`,
    )
    const held = fields.map((_, i) => (i % 2 ? `a${i}` : `b${i}`))
    expect(decide(evaluation, principalWith(...held))).toEqual({ outcome: 'allowed' })
    expect(scopesUsed(evaluation, principalWith(...held, 'more'))).toEqual([...held].sort())
    expect(scopesUsed(evaluation, principalWith('b0'))).toEqual(['b0'])
  })
})

describe('a refusal', () => {
  const evaluation = () =>
    evaluate('type Query { a: Int @requiresScopes(scopes: [["x"]]) }', '{ a }')

  it('has the error of its kind', () => {
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
