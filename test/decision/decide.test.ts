import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { analyseOperation, decide, type Variables } from '../../src/decision/index.ts'
import { principalWith } from '../pothos/example.ts'

const schema = buildSchema(/* GraphQL */ `
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE

  interface Node {
    id: ID!
    secret: String @requiresScopes(scopes: [["read:secrets"]])
  }
  type User implements Node {
    id: ID!
    secret: String
    email: String @requiresScopes(scopes: [["read:emails"]])
    friend: User
  }
  type Order implements Node {
    id: ID!
    secret: String
    total: Int @requiresScopes(scopes: [["read:orders", "read:prices"], ["admin"]])
  }
  union Found = User | Order

  type Query {
    hello: String
    me: User @authenticated
    user: User
    node: Node
    search: [Found!]!
    orders: [Order!]! @requiresScopes(scopes: [["read:orders"], ["admin"]])
  }
`)

function evaluate(source: string, variables: Variables = {}, operationName?: string) {
  const analysis = analyseOperation(schema, parse(source), operationName)
  if (analysis === null) throw new Error('no such operation')
  return analysis.evaluate(variables)
}

function coordinates(source: string, variables: Variables = {}, operationName?: string) {
  return evaluate(source, variables, operationName).fields.map(({ coordinate }) => coordinate)
}

describe('the whole operation', () => {
  it('requires nothing if no field is guarded', () => {
    const evaluation = evaluate('{ hello user { id } __typename __schema { types { name } } }')
    expect(evaluation).toEqual({
      authenticated: false,
      scopes: [[]],
      requirements: [],
      fields: [],
    })
    expect(decide(evaluation, null)).toEqual({ outcome: 'allowed' })
  })

  it('requires everything that its fields require', () => {
    const evaluation = evaluate('{ orders { total } user { email } }')
    expect(evaluation.scopes).toEqual([
      ['admin', 'read:emails'],
      ['read:emails', 'read:orders', 'read:prices'],
    ])
    expect(decide(evaluation, principalWith('admin', 'read:emails'))).toEqual({
      outcome: 'allowed',
    })
    expect(decide(evaluation, principalWith('read:orders', 'read:prices'))).toEqual({
      outcome: 'insufficient',
      requiredScopes: evaluation.scopes,
      missingScopes: ['read:emails'],
      notGranted: [],
      fields: [
        { coordinate: 'User.email', requirement: [['read:emails']], paths: [['user', 'email']] },
      ],
    })
  })

  it('requires a credential of anonymous callers if any field is guarded', () => {
    for (const source of ['{ me { id } }', '{ orders { id } }']) {
      expect(decide(evaluate(source), null).outcome).toBe('unauthenticated')
    }
    expect(decide(evaluate('{ me { id } }'), principalWith())).toEqual({ outcome: 'allowed' })
  })

  it('reports scopes that the credential carries and its owner is not granted', () => {
    const principal = { ...principalWith('read:emails', 'read:orders'), scopes: new Set<string>() }
    expect(decide(evaluate('{ user { email } node { secret } }'), principal)).toMatchObject({
      outcome: 'insufficient',
      missingScopes: ['read:emails', 'read:secrets'],
      notGranted: ['read:emails'],
    })
  })
})

describe('a guarded field', () => {
  it.each([
    ['under an alias', '{ a: user { b: email } }', ['User.email']],
    ['in a fragment', '{ user { ...F } } fragment F on User { email }', ['User.email']],
    ['in an inline fragment without a type', '{ user { ... { email } } }', ['User.email']],
    ['on an interface', '{ node { secret } }', ['Order.secret', 'User.secret']],
    ['of an interface, by its type', '{ node { ... on User { secret } } }', ['User.secret']],
    ['of an interface, without it', '{ user { secret } }', ['User.secret']],
    ['in a union', '{ search { ... on Order { total } } }', ['Order.total']],
    [
      'through an interface inside a union',
      '{ search { ... on Node { ... on User { email } } } }',
      ['User.email'],
    ],
    [
      'below a field with the same response name',
      '{ user { id } user { friend { email } } }',
      ['User.email'],
    ],
  ])('is found %s', (_, source, expected) => {
    expect(coordinates(source)).toEqual(expected)
  })

  it('is not found if its type is impossible there', () => {
    expect(
      coordinates('{ node { ... on User { ... on Node { ... on Order { total } } } } }'),
    ).toEqual([])
  })
})

describe('@skip and @include', () => {
  const source = 'query ($on: Boolean = false) { user { id email @include(if: $on) } }'

  it.each([
    [{}, []],
    [{ on: true }, ['User.email']],
    [{ on: false }, []],
    [{ on: undefined }, []],
    [null, []],
    ['any' as const, ['User.email']],
    // Execution refuses these, so they allow no conclusion.
    [{ on: null }, ['User.email']],
    [{ on: 'false' }, ['User.email']],
    [{ on: 0 }, ['User.email']],
  ])('are evaluated with the variables %j', (variables, expected) => {
    expect(coordinates(source, variables)).toEqual(expected)
  })

  it('count as reached if the variable is missing', () => {
    expect(coordinates('{ user { email @include(if: $missing) } }')).toEqual(['User.email'])
    expect(coordinates('{ user { email @skip(if: $missing) } }')).toEqual(['User.email'])
    const inherited = 'query ($toString: Boolean!) { user { email @skip(if: $toString) } }'
    expect(coordinates(inherited)).toEqual(['User.email'])
  })

  it.each([
    ['@skip(if: true)', []],
    ['@skip(if: false)', ['User.email']],
    ['@include(if: false)', []],
    ['@include(if: true)', ['User.email']],
    ['@skip(if: false) @include(if: false)', []],
    ['@skip(if: true) @include(if: true)', []],
  ])('%s are evaluated as literals', (directives, expected) => {
    expect(coordinates(`{ user { email ${directives} } }`)).toEqual(expected)
    expect(coordinates(`{ user { ... ${directives} { email } } }`)).toEqual(expected)
    expect(coordinates(`{ user { ...F ${directives} } } fragment F on User { email }`)).toEqual(
      expected,
    )
  })

  it('skip a fragment only at the spread that has them', () => {
    const twice = `query ($on: Boolean!) { user { ...F @include(if: $on) friend { ...F } } }
      fragment F on User { email }`
    expect(evaluate(twice, { on: false }).fields).toEqual([
      {
        coordinate: 'User.email',
        requirement: [['read:emails']],
        paths: [['user', 'friend', 'email']],
      },
    ])
    expect(evaluate(twice, { on: true }).fields[0]?.paths).toEqual([
      ['user', 'email'],
      ['user', 'friend', 'email'],
    ])
  })
})

describe('the operation', () => {
  const source = 'query A { hello } query B { me { id } }'

  it('is the named one', () => {
    expect(coordinates(source, {}, 'A')).toEqual([])
    expect(coordinates(source, {}, 'B')).toEqual(['Query.me'])
  })

  it('is none if there are several and none of them is named', () => {
    expect(analyseOperation(schema, parse(source))).toBeNull()
    expect(analyseOperation(schema, parse(source), 'C')).toBeNull()
    expect(analyseOperation(schema, parse('{ hello }'), '')).toBeNull()
  })

  it('is analysed once for each document object', () => {
    const document = parse('{ me { id } }')
    const analysis = analyseOperation(schema, document)
    expect(analyseOperation(schema, document)).toBe(analysis)
    expect(analysis?.evaluate({ a: 1 })).toBe(analysis?.evaluate({ b: 2 }))
    expect(analyseOperation(schema, parse('{ me { id } }'))).not.toBe(analysis)
  })

  it('is analysed again for another schema', () => {
    const document = parse('{ hello }')
    const other = buildSchema(`
      directive @authenticated on FIELD_DEFINITION
      type Query { hello: String @authenticated }
    `)
    expect(analyseOperation(schema, document)?.evaluate({}).authenticated).toBe(false)
    expect(analyseOperation(other, document)?.evaluate({}).authenticated).toBe(true)
  })
})
