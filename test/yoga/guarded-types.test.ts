import { createSchema, createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/*
 * A guard on a type applies to every field that may return it. The application has its own schema, written as
 * SDL: only the plugin guards the resolvers.
 */

const calls: string[] = []
const spy = (name: string, value: unknown) => () => {
  calls.push(name)
  return value
}
const order = { __typename: 'Order', id: 'o1', total: 3 }
const note = { __typename: 'Note', id: 'n1', text: 'x' }

async function* events() {
  calls.push('orderPlaced')
  yield { orderPlaced: order }
}

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR
    directive @requiresScopes(
      scopes: [[String!]!]!
    ) on FIELD_DEFINITION | OBJECT | INTERFACE | ENUM | SCALAR

    interface Node { id: ID! }
    interface Priced @requiresScopes(scopes: [["read:prices"]]) { total: Int }
    type Order implements Node @requiresScopes(scopes: [["read:orders"]]) { id: ID! total: Int }
    type Note implements Node { id: ID! text: String }
    type Bill implements Node & Priced { id: ID! total: Int }
    union Found = Order | Note
    scalar Secret @requiresScopes(scopes: [["read:secrets"]])
    enum Level @requiresScopes(scopes: [["read:levels"]]) { LOW HIGH }
    input Filter { secret: Secret text: String and: [Filter!] level: Level = LOW }
    type Hidden @requiresScopes(scopes: [["read:hidden"]]) { id: ID! }
    interface Lonely @requiresScopes(scopes: [["read:hidden"]]) { id: ID! }
    scalar _Any
    union _Entity = Order | Note | Bill
    type Query {
      orders: [Order!]!
      order: Order
      node(id: ID!): Node
      anyNode: Node
      found: [Found!]!
      bill: Bill
      priced: Priced
      notes(filter: Filter, secret: Secret, level: Level): [Note!]!
      _entities(representations: [_Any!]!): [_Entity]!
    }
    type Mutation { deleteOrder(id: ID!): Order placed: Found }
    type Subscription { orderPlaced: Order }
  `,
  resolvers: {
    Query: {
      orders: spy('orders', [order]),
      order: spy('order', null),
      node: {
        resolve: (_root: unknown, { id }: { id: string }) => {
          calls.push('node')
          return id === 'lie' ? order : { o: order, n: note }[id[0] ?? '']
        },
        extensions: {
          latchkey: {
            possibleTypes: ({ id }: { id: string }) => {
              if (id === 'throw') throw new Error('no id')
              if (id === 'wrong') return 'Note'
              return id[0] === 'o' ? ['Order'] : ['Note']
            },
          },
        },
      },
      anyNode: spy('anyNode', note),
      found: spy('found', [note]),
      bill: spy('bill', { __typename: 'Bill', id: 'b1', total: 2 }),
      priced: spy('priced', { __typename: 'Bill', id: 'b1', total: 2 }),
      notes: spy('notes', [note]),
      _entities: (_root: unknown, { representations }: { representations: { id: string }[] }) =>
        representations.map((one) => {
          calls.push(`reference ${one.id}`)
          return one.id === 'lie' ? order : one
        }),
    },
    Mutation: { deleteOrder: spy('deleteOrder', order), placed: spy('placed', note) },
    Subscription: { orderPlaced: { subscribe: events } },
  },
})

let issuer: TestIssuer
let authenticator: ClosableAuthenticator
let yoga: ReturnType<typeof createYoga>

beforeAll(async () => {
  issuer = await startIssuer()
  authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
  yoga = createYoga({
    schema,
    logging: false,
    plugins: [usePrincipal({ authenticator, undeclared: 'public' })],
  })
})
afterAll(async () => {
  await authenticator.close()
  await issuer.close()
})
beforeEach(() => {
  calls.length = 0
})

async function ask(query: string, scope: string | null = 'other', variables: object = {}) {
  const response = await yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: {
      accept: 'text/event-stream;q=0.5, application/json',
      'content-type': 'application/json',
      ...(scope !== null && { authorization: `Bearer ${await issuer.sign({ scope })}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : null }
}

describe('the guard of a type', () => {
  it.each<[string, string, string]>([
    ['a list of it, by its name alone', '{ orders { __typename } }', 'read:orders'],
    ['what may be null', '{ order { __typename } }', 'read:orders'],
    [
      'a mutation that answers with it',
      'mutation { deleteOrder(id: "o1") { __typename } }',
      'read:orders',
    ],
    ['a mutation that answers with a union', 'mutation { placed { __typename } }', 'read:orders'],
    ['a subscription', 'subscription { orderPlaced { __typename } }', 'read:orders'],
    ['an interface, whatever is selected', '{ anyNode { id } }', 'read:orders read:prices'],
    [
      'an interface, by another type',
      '{ anyNode { ... on Note { text } } }',
      'read:orders read:prices',
    ],
    ['a union, by another type', '{ found { ... on Note { text } } }', 'read:orders'],
    ['a union, by its name alone', '{ found { __typename } }', 'read:orders'],
    ['a type of a guarded interface', '{ bill { __typename } }', 'read:prices'],
    ['a guarded interface', '{ priced { __typename } }', 'read:prices'],
    [
      'a fragment',
      '{ ...F } fragment F on Query { orders { ...G } } fragment G on Order { __typename }',
      'read:orders',
    ],
    ['an alias of __typename', '{ orders { kind: __typename } }', 'read:orders'],
  ])('applies to %s', async (_name, query, needed) => {
    const { status, body } = await ask(query)
    expect(status).toBe(403)
    expect(body.errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: needed.split(' '),
    })
    expect((await ask(query, null)).status).toBe(401)
    expect(calls).toEqual([])
    const { status: allowed, text } = await ask(query, needed)
    expect(allowed).toBe(200)
    expect(text).not.toContain('FORBIDDEN')
  })

  it('is reported at the field that may return the type', async () => {
    const { body } = await ask('{ notes { id } a: orders { __typename } }')
    expect(body.errors[0].extensions.fields).toEqual([
      { coordinate: 'Query.orders', paths: [['a']] },
    ])
  })

  it('does not apply to skipped fields', async () => {
    const query = 'query ($on: Boolean!) { orders @include(if: $on) { __typename } notes { id } }'
    expect((await ask(query, 'other', { on: false })).body).toEqual({
      data: { notes: [{ id: 'n1' }] },
    })
  })
})

describe('possibleTypes', () => {
  const node = 'query ($id: ID!) { node(id: $id) { __typename ... on Order { total } } }'

  it('decides by the arguments, as literals or variables', async () => {
    expect((await ask(node, 'other', { id: 'n1' })).body).toEqual({
      data: { node: { __typename: 'Note' } },
    })
    expect((await ask('{ node(id: "n1") { id } }')).status).toBe(200)
    calls.length = 0
    expect((await ask(node, 'other', { id: 'o1' })).status).toBe(403)
    expect((await ask('{ node(id: "o1") { __typename } }')).status).toBe(403)
    expect((await ask('query ($id: ID! = "o1") { node(id: $id) { id } }')).status).toBe(403)
    expect((await ask('{ a: node(id: "n1") { id } b: node(id: "o1") { id } }')).status).toBe(403)
    const both = '{ a: node(id: "n1") { id } b: node(id: "o1") { id } }'
    expect((await ask(both)).body.errors[0].extensions.fields).toEqual([
      { coordinate: 'Order.id', paths: [['b', 'id']] },
      { coordinate: 'Query.node', paths: [['b']] },
    ])
    expect(calls).toEqual([])
    expect((await ask(node, 'read:orders', { id: 'o1' })).body.data.node).toEqual({
      __typename: 'Order',
      total: 3,
    })
  })

  it('fails if another type is returned than it named', async () => {
    const { body } = await ask(node, 'other', { id: 'lie' })
    expect(body).toEqual({
      data: { node: null },
      errors: [expect.objectContaining({ message: 'Unexpected error.' })],
    })
  })

  it('counts every type if it throws, and is an unexpected error if it names nothing', async () => {
    expect((await ask(node, 'other', { id: 'throw' })).status).toBe(403)
    expect((await ask(node, 'read:orders read:prices', { id: 'throw' })).status).toBe(200)
    const { body } = await ask(node, 'read:orders read:prices', { id: 'wrong' })
    expect(body.errors[0].message).toBe('Unexpected error.')
    expect(calls).toEqual(['node'])
  })

  it('is cached by the types that it named, never by the arguments', async () => {
    for (let i = 0; i < 100; i += 1) {
      expect((await ask(node, 'other', { id: `n${i}` })).status).toBe(200)
      expect((await ask(node, 'other', { id: `o${i}` })).status).toBe(403)
    }
  })
})

describe('_entities', () => {
  const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }'
  const of = (...representations: object[]) => ({ r: representations })
  const o = { __typename: 'Order', id: 'o' }
  const n = { __typename: 'Note', id: 'n' }

  it('requires the scopes of the types of the representations, before a reference is resolved', async () => {
    expect((await ask(entities, 'other', of(n))).body).toEqual({
      data: { _entities: [{ __typename: 'Note' }] },
    })
    calls.length = 0
    expect((await ask(entities, 'other', of(n, o))).body.errors[0].extensions).toMatchObject({
      missingScopes: ['read:orders'],
      fields: [{ coordinate: 'Query._entities', paths: [['_entities']] }],
    })
    expect((await ask(entities, null, of(o))).status).toBe(401)
    const written =
      '{ _entities(representations: [{ __typename: "Order", id: "o" }]) { __typename } }'
    expect((await ask(written)).status).toBe(403)
    const bill = { __typename: 'Bill', id: 'b' }
    expect((await ask(entities, 'read:orders', of(bill))).status).toBe(403)
    expect(calls).toEqual([])
    expect((await ask(entities, 'read:orders', of(n, o))).status).toBe(200)
  })

  it.each([
    ['a list', { __typename: ['Hidden'], id: 'x' }],
    ['a list of lists', { __typename: [['Note']], id: 'x' }],
    ['an object', { __typename: { toString: 'Hidden' }, id: 'x' }],
    ['a number', { __typename: 1, id: 'x' }],
    ['a boolean', { __typename: true, id: 'x' }],
    ['null', { __typename: null, id: 'x' }],
    ['left out', { id: 'x' }],
    ['of no object', 'Hidden'],
  ])('counts every type of the schema if a name is %s', async (_name, representation) => {
    for (const r of [[representation], [n, representation]]) {
      const { body } = await ask(entities, 'other', { r })
      expect(body.errors[0].extensions.missingScopes).toEqual([
        'read:hidden',
        'read:orders',
        'read:prices',
      ])
    }
    expect(calls).toEqual([])
  })

  it('counts every type of an interface that a representation names', async () => {
    const { body } = await ask(entities, 'other', of({ __typename: 'Node', id: 'x' }))
    expect(body.errors[0].extensions.missingScopes).toEqual(['read:orders', 'read:prices'])
  })

  it.each(['Hidden', 'Lonely'])(
    'counts %s, which the union of entities lacks, since resolvers find any type by its name',
    async (name) => {
      const { body } = await ask(entities, 'other', of({ __typename: name, id: 'x' }))
      expect(body.errors[0].extensions.missingScopes).toEqual(['read:hidden'])
      expect(calls).toEqual([])
    },
  )

  it('fails if a reference is resolved to another type', async () => {
    const { body } = await ask(entities, 'other', of({ __typename: 'Note', id: 'lie' }, n))
    expect(body.data._entities).toEqual([null, { __typename: 'Note' }])
    expect(body.errors).toHaveLength(1)
  })
})

describe('a guarded scalar or enum among the arguments', () => {
  const filtered = 'query ($f: Filter) { notes(filter: $f) { id } }'

  it.each<[string, string, object, string]>([
    ['written', '{ notes(secret: "x") { id } }', {}, 'read:secrets'],
    ['null', '{ notes(secret: null) { id } }', {}, 'read:secrets'],
    ['an enum', '{ notes(level: HIGH) { id } }', {}, 'read:levels'],
    ['in an input object', '{ notes(filter: { secret: "x" }) { id } }', {}, 'read:secrets'],
    [
      'in a variable',
      'query ($s: Secret) { notes(secret: $s) { id } }',
      { s: 'x' },
      'read:secrets',
    ],
    [
      'in the default of a variable',
      'query ($s: Secret = "x") { notes(secret: $s) { id } }',
      {},
      'read:secrets',
    ],
    ['in an object of a variable', filtered, { f: { secret: 'x' } }, 'read:secrets'],
    ['deep in one', filtered, { f: { and: [{ and: { secret: 'x' } }] } }, 'read:secrets'],
    [
      'in a variable within an object',
      'query ($s: Secret) { notes(filter: { and: [{ secret: $s }] }) { id } }',
      { s: 'x' },
      'read:secrets',
    ],
  ])('counts %s', async (_name, query, variables, needed) => {
    expect((await ask(query, 'other', variables)).body.errors[0].extensions).toMatchObject({
      missingScopes: [needed],
      fields: [{ coordinate: 'Query.notes' }],
    })
    expect(calls).toEqual([])
    expect((await ask(query, needed, variables)).status).toBe(200)
  })

  it('does not count if it is not given', async () => {
    for (const variables of [{}, { f: null }, { f: { text: 'x' } }, { f: { and: [] } }]) {
      expect((await ask(filtered, 'other', variables)).status).toBe(200)
    }
  })
})
