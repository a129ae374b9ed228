import { buildSchema, GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { type RequiredScopesOptions, requiredScopes } from '../../src/decision/index.ts'

const schema = buildSchema(/* GraphQL */ `
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  input Filter { name: String! }
  type Query {
    hello: String
    users(filter: Filter, first: Int): [String!] @requiresScopes(scopes: [["read:users"]])
    keys: [String!] @requiresScopes(scopes: [["read:keys"], ["manage:keys"]])
  }
`)

function scopes(source: string, options?: RequiredScopesOptions) {
  const answer = requiredScopes(schema, source, options)
  return answer.ok ? answer.evaluation.scopes : answer.errors.map(({ message }) => message)
}

describe('the least privilege of an operation', () => {
  it('is any one of the minimal lists', () => {
    expect(scopes('{ hello }')).toEqual([[]])
    expect(scopes('{ users keys }')).toEqual([
      ['manage:keys', 'read:users'],
      ['read:keys', 'read:users'],
    ])
  })

  it('counts a conditional field unless the variables skip it', () => {
    const source =
      'query ($on: Boolean! = false, $other: Boolean!) { users @include(if: $on) keys @skip(if: $other) }'
    expect(scopes(source)).toEqual([['manage:keys'], ['read:keys']])
    expect(scopes(source, { variables: { other: true } })).toEqual([[]])
    expect(scopes(source, { variables: { on: true, other: true } })).toEqual([['read:users']])
    expect(scopes(source, { variables: 'any' })).toHaveLength(2)
    expect(scopes(source, { variables: 'any' })[0]).toContain('read:users')
  })

  it('reports at most 50 faults in the variables', () => {
    const source = 'query ($v: Filter) { users(filter: $v) }'
    const v = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}`, 1]))
    expect(scopes(source, { variables: { v } })).toHaveLength(51)
  })

  it('is that of the named operation', () => {
    const source = 'query A { users } query B { keys }'
    expect(scopes(source, { operationName: 'A' })).toEqual([['read:users']])
    expect(scopes(source)).toEqual(['The document has several operations: name one of them.'])
    expect(scopes(source, { operationName: 'C' })).toEqual([
      'The document has no operation named "C".',
    ])
  })
})

describe('an invalid document', () => {
  it('is answered with locations', () => {
    const answer = requiredScopes(schema, '{\n  hello\n  user\n}')
    expect(answer).toMatchObject({ ok: false })
    expect(!answer.ok && answer.errors.map((error) => error.toJSON())).toEqual([
      {
        message: 'Cannot query field "user" on type "Query". Did you mean "users"?',
        locations: [{ line: 3, column: 3 }],
      },
    ])
    const broken = requiredScopes(schema, '{ hello')
    expect(!broken.ok && broken.errors[0]?.locations).toEqual([{ line: 1, column: 8 }])
  })

  it('gets no suggestions if they are hidden', () => {
    expect(scopes('{ user }', { hideSuggestions: true })).toEqual([
      'Cannot query field "user" on type "Query".',
    ])
  })

  it.each([
    ['undefined variable', '{ hello @include(if: $missing) }', '"$missing" is not defined'],
    ['cycle', '{ ...F } fragment F on Query { ...F }', 'Cannot spread fragment "F" within itself'],
    ['unknown directive', '{ hello @trusted }', 'Unknown directive "@trusted"'],
    ['nullable condition', 'query ($a: Boolean) { hello @include(if: $a) }', 'expecting type'],
  ])('%s is refused', (_, source, message) => {
    expect(String(scopes(source))).toContain(message)
  })

  it('includes a variable of the wrong type, but not a missing one', () => {
    const source =
      'query ($filter: Filter!, $first: Int!) { users(filter: $filter, first: $first) }'
    expect(scopes(source)).toEqual([['read:users']])
    expect(scopes(source, { variables: { filter: { name: 'a' } } })).toEqual([['read:users']])
    expect(scopes(source, { variables: { first: 'two' } })).toEqual([
      'Variable "$first" got invalid value "two"; Int cannot represent non-integer value: "two"',
    ])
  })

  it('is subject to limits', () => {
    const refused = new GraphQLError('Too long.')
    const read = () => ({ document: null, errors: [refused] })
    expect(scopes('{ hello hello }', { read })).toEqual(['Too long.'])
    const asked: unknown[] = []
    const refuse: RequiredScopesOptions['refuse'] = ({ operationName, variableValues }) => {
      asked.push(operationName, variableValues)
      return refused
    }
    const source = 'query A { hello } query B($on: Boolean!) { hello @skip(if: $on) }'
    const options = { operationName: 'B', variables: { on: true }, refuse }
    expect(scopes(source, options)).toEqual(['Too long.'])
    expect(asked).toEqual(['B', { on: true }])
  })
})
