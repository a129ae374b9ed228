import { makeExecutableSchema } from '@graphql-tools/schema'
import { type ExecutionResult, extendSchema, GraphQLSchema, parse } from 'graphql'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  guardSchema,
  InvalidCredentialError,
  NotFoundError,
  type Principal,
} from '../../src/index.ts'
import { jwtPrincipal } from '../support/principals.ts'
import { executors } from './executors.ts'

/* The decision on a whole operation in any GraphQL server, by each executor. */

interface Context {
  who?: unknown
}

const calls: string[] = []
const spy = (name: string, value: unknown) => () => {
  calls.push(name)
  return value
}

async function* events() {
  calls.push('source')
  yield { changed: 'one' }
  yield { changed: 'two' }
}

const order = { id: 'o1', total: 3, buyer: 'ada' }

const nodeOf = ({ id }: { id: string }) => ({ __typename: id === 'note' ? 'Note' : 'Secret', id })
const possibleTypes = ({ id }: { id: string }) => [id === 'secret' ? 'Secret' : 'Note']
const extensions = { latchkey: { possibleTypes } }

function createSchema(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: /* GraphQL */ `
      directive @public on FIELD_DEFINITION
      directive @authenticated on FIELD_DEFINITION | OBJECT
      directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | ENUM
      interface Node { id: ID! }
      type Note implements Node { id: ID! }
      type Secret implements Node @requiresScopes(scopes: [["read:secrets"]]) { id: ID! }
      enum Level @requiresScopes(scopes: [["read:levels"]]) { LOW HIGH }
      input Filter { text: String level: Level = LOW }
      type Order { id: ID! total: Int @requiresScopes(scopes: [["read:totals"]]) buyer: String }
      type Query {
        hello: String @public
        fails: String @public
        orders: [Order!]! @requiresScopes(scopes: [["read:orders"]])
        order: Order @public
        search(filter: Filter): String @public
        plain: String @public
        node(id: ID!): Node @public
        nodes(id: ID!): [Node] @public
      }
      type Mutation {
        note(text: String): String @public
        drop: Order @authenticated
      }
      type Subscription { changed: String @requiresScopes(scopes: [["read:orders"]]) }
    `,
    resolvers: {
      Query: {
        hello: spy('hello', 'Hello'),
        fails: () => {
          throw new NotFoundError('user')
        },
        orders: spy('orders', [order]),
        order: spy('order', order),
        search: spy('search', 'found'),
        node: { resolve: (_root: unknown, args: { id: string }) => nodeOf(args), extensions },
        nodes: { resolve: (_root: unknown, args: { id: string }) => [nodeOf(args)], extensions },
      },
      Mutation: { note: spy('note', 'noted'), drop: spy('drop', order) },
      Subscription: { changed: { subscribe: events } },
    },
  })
}

const principal = (subject: string, ...scopes: string[]) => jwtPrincipal(subject, scopes)
const ada = principal('ada', 'read:orders')
const grace = principal('grace')

beforeEach(() => {
  calls.length = 0
})

const codes = (result: ExecutionResult) => result.errors?.map(({ extensions }) => extensions?.code)

describe.each(executors)('executed by $name', (executor) => {
  const schema = guardSchema(createSchema(), {
    principalOf: ({ who }: Context) =>
      typeof who === 'function' ? who() : (who as Principal | null),
  })
  const run = async (query: string | ReturnType<typeof parse>, who?: unknown, variables = {}) =>
    await executor.execute({
      schema,
      document: typeof query === 'string' ? parse(query) : query,
      contextValue: { who },
      variableValues: variables,
    })

  it('runs what the principal may run', async () => {
    expect(await run('{ hello orders { id } plain }', ada)).toEqual({
      data: { hello: 'Hello', orders: [{ id: 'o1' }], plain: null },
    })
    expect(await run('{ hello }', null)).toEqual({ data: { hello: 'Hello' } })
  })

  it('denies the whole operation before any root field runs', async () => {
    const result = await run('{ hello a: order { ...More } } fragment More on Order { total }', ada)
    expect(calls).toEqual([])
    expect(result.data).toEqual({ hello: null, a: null })
    expect(
      result.errors?.map(({ message, path, extensions }) => [message, path, extensions]),
    ).toEqual(
      ['hello', 'a'].map((name) => [
        'This needs scope `read:totals`, which you do not hold.',
        [name],
        {
          code: 'FORBIDDEN',
          requiredScopes: [['read:totals']],
          missingScopes: ['read:totals'],
          notGranted: [],
          fields: [{ coordinate: 'Order.total', paths: [['a', 'total']] }],
        },
      ]),
    )
    expect(codes(await run('{ orders { id } }', null))).toEqual(['UNAUTHENTICATED'])
    expect((await run('{ orders { id } }', null)).data).toBeNull()
  })

  it('runs no mutation of an operation whose nested field is denied', async () => {
    const result = await run('mutation { note drop { total } }', grace)
    expect(codes(result)).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    expect(calls).toEqual([])
    expect(codes(await run('mutation { note drop { id } }', null))).toEqual(
      Array(2).fill('UNAUTHENTICATED'),
    )
    expect(calls).toEqual([])
    expect(await run('mutation { note drop { id } }', grace)).toEqual({
      data: { note: 'noted', drop: { id: 'o1' } },
    })
  })

  it('decides anew for each execution of the same document, context and variables', async () => {
    for (const query of ['{ orders { id } }', '{ hello orders { id } }']) {
      const document = parse(query)
      const asked: string[] = []
      let current: Principal | null = ada
      const contextValue = {
        who: () => {
          asked.push(current?.subject ?? 'nobody')
          return current
        },
      }
      const variableValues = {}
      const again = () => executor.execute({ schema, document, contextValue, variableValues })
      expect(codes(await again())).toBeUndefined()
      current = grace
      expect(codes(await again())?.[0]).toBe('FORBIDDEN')
      current = null
      expect(codes(await again())?.[0]).toBe('UNAUTHENTICATED')
      current = ada
      expect(codes(await again())).toBeUndefined()
      expect(asked).toEqual(['ada', 'grace', 'nobody', 'ada'])
    }
  })

  it('decides each of several executions at once by its own context', async () => {
    const document = parse('{ hello orders { id } }')
    const later = (who: Principal | null) => async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
      return who
    }
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) => run(document, later(n % 2 === 0 ? ada : grace))),
    )
    results.forEach((result, n) => {
      expect(codes(result)).toEqual(n % 2 === 0 ? undefined : ['FORBIDDEN', 'FORBIDDEN'])
    })
  })

  it('calls principalOf once for each execution', async () => {
    let count = 0
    await run('{ a: hello b: hello ... on Query { c: hello } }', async () => {
      count += 1
      return null
    })
    expect(count).toBe(1)
    expect(calls).toEqual(['hello', 'hello', 'hello'])
  })

  it.each([
    ['answers undefined', () => undefined, undefined],
    ['answers undefined later', async () => undefined, undefined],
    ['answers a plain object', () => ({ subject: 'ada' }), undefined],
    [
      'throws',
      () => {
        throw new Error('no session store')
      },
      undefined,
    ],
    [
      'rejects with nothing',
      async () => {
        throw undefined
      },
      undefined,
    ],
    [
      'refuses the credential',
      () => {
        throw new InvalidCredentialError()
      },
      'INVALID_CREDENTIAL',
    ],
  ])('denies when principalOf %s', async (_name, who, code) => {
    for (const query of ['{ hello }', '{ a: hello b: hello }', 'mutation { note }']) {
      const result = await run(query, who)
      expect(calls).toEqual([])
      expect(codes(result)?.every((one) => one === code)).toBe(true)
      expect(result.errors?.length).toBeGreaterThan(0)
    }
  })

  it('follows @skip and @include with the variables', async () => {
    const query = 'query ($on: Boolean = true) { hello orders @include(if: $on) { id } }'
    expect(codes(await run(query, null))).toEqual(Array(2).fill('UNAUTHENTICATED'))
    expect(await run(query, null, { on: false })).toEqual({ data: { hello: 'Hello' } })
    expect(codes(await run(query, null, { on: true }))).toEqual(Array(2).fill('UNAUTHENTICATED'))
  })

  it('counts guarded values in variables, except for defaults of members', async () => {
    const query = 'query ($filter: Filter) { search(filter: $filter) }'
    expect(codes(await run(query, grace, { filter: { text: 'x' } }))).toBeUndefined()
    expect(codes(await run(query, grace, { filter: { level: 'HIGH' } }))).toEqual(['FORBIDDEN'])
    expect(codes(await run('{ search(filter: { level: LOW }) }', grace))).toEqual(['FORBIDDEN'])
  })

  it('counts the types that arguments leave, and fails a field that returns another', async () => {
    for (const [field, shown] of [
      ['node', (node: unknown) => node],
      ['nodes', (node: unknown) => [node]],
    ] as const) {
      const query = `query ($id: ID!) { found: ${field}(id: $id) { id } }`
      for (let n = 0; n < 2; n += 1) {
        const note = await run(query, null, { id: 'note' })
        expect(note).toEqual({ data: { found: shown({ id: 'note' }) } })
        expect(codes(await run(query, null, { id: 'secret' }))).toEqual(['UNAUTHENTICATED'])
        const lie = await run(query, null, { id: 'lie' })
        expect(lie.data).toEqual({ found: shown(null) })
        expect(lie.errors?.[0]?.message).toContain('another type than possibleTypes named')
      }
    }
  })

  it('gives errors that resolvers throw their code', async () => {
    expect(codes(await run('{ fails }', null))).toEqual(['NOT_FOUND'])
  })

  it('leaves introspection as it is', async () => {
    expect(await run('{ __typename __schema { queryType { name } } }', null)).toEqual({
      data: { __typename: 'Query', __schema: { queryType: { name: 'Query' } } },
    })
  })

  it('decides on a subscription before its source starts, and on each event', async () => {
    const document = parse('subscription { changed }')
    let who: Principal | null = null
    const open = () =>
      executor.subscribe({ schema, document, contextValue: { who: () => who }, variableValues: {} })
    const denied = (await open()) as ExecutionResult
    expect(codes(denied)).toEqual(['UNAUTHENTICATED'])
    expect(calls).toEqual([])
    who = ada
    const stream = (await open()) as AsyncIterable<ExecutionResult>
    const results: ExecutionResult[] = []
    for await (const result of stream) {
      results.push(result)
      who = grace
    }
    expect(results.map(({ data }) => data)).toEqual([{ changed: 'one' }, { changed: null }])
    expect(codes(results[1] as ExecutionResult)).toEqual(['FORBIDDEN'])
  })
})

describe('the setup', () => {
  const principalOf = ({ who }: { who?: Principal }) => who ?? null
  const [executor] = executors
  const ask = async (schema: GraphQLSchema, query: string, who?: Principal) =>
    await executor?.execute({ schema, document: parse(query), contextValue: { who } })

  it('is refused for a schema that leaves a root field open by mistake', () => {
    const open = () =>
      makeExecutableSchema({ typeDefs: 'type Query { hello: String }', resolvers: {} })
    expect(() => guardSchema(open(), { principalOf })).toThrow(
      /^The schema is refused\.\nQuery\.hello/,
    )
    expect(() => guardSchema(open(), { principalOf, undeclared: 'public' })).not.toThrow()
  })

  it('is refused without principalOf, with another value, and twice', () => {
    expect(() => guardSchema(createSchema(), {} as never)).toThrow(
      '`principalOf` must be a function',
    )
    expect(() => guardSchema({} as never, { principalOf })).toThrow('must be a GraphQLSchema')
    const schema = guardSchema(createSchema(), { principalOf })
    expect(() => guardSchema(schema, { principalOf })).toThrow('already guarded')
  })

  it('refuses a second schema with the same root type, whose guard would replace the first', () => {
    const first = guardSchema(createSchema(), { principalOf })
    const second = new GraphQLSchema({ query: first.getQueryType() ?? null })
    expect(() => guardSchema(second, { principalOf })).toThrow('same object as its type Query')
  })

  it('explains that a schema is of another copy of graphql', () => {
    class ForeignSchema {
      get [Symbol.toStringTag]() {
        return 'GraphQLSchema'
      }
    }
    expect(() => guardSchema(new ForeignSchema() as never, { principalOf })).toThrow(
      /another copy of the package graphql\. `npm ls graphql` shows the copies\. .*npm dedupe/,
    )
  })

  it('keeps the guard where a resolver is replaced later', async () => {
    const schema = guardSchema(createSchema(), { principalOf })
    const fields = schema.getQueryType()?.getFields()
    const orders = fields?.orders
    if (!fields || !orders) throw new Error('no field')
    orders.resolve = spy('replaced', [])
    expect(codes((await ask(schema, '{ orders { id } }')) ?? {})).toEqual(['UNAUTHENTICATED'])
    fields.orders = { ...orders, resolve: spy('replaced again', []) }
    expect(codes((await ask(schema, '{ orders { id } }')) ?? {})).toEqual(['UNAUTHENTICATED'])
    expect(calls).toEqual([])
    expect(await ask(schema, '{ orders { id } }', ada)).toEqual({ data: { orders: [] } })
    expect(calls).toEqual(['replaced again'])
  })

  it('refuses to extend the schema or to add a field to a root type', () => {
    const schema = guardSchema(createSchema(), { principalOf })
    expect(() => extendSchema(schema, parse('extend type Query { more: String }'))).toThrow(
      'Call `guardSchema` last.',
    )
    const fields = schema.getQueryType()?.getFields() ?? {}
    expect(() => {
      fields.more = { ...fields.hello } as never
    }).toThrow(TypeError)
  })

  it('decides once where a field returns the query type', async () => {
    const schema = makeExecutableSchema({
      typeDefs: /* GraphQL */ `
        directive @public on FIELD_DEFINITION
        type Query { hello: String @public secret: String @requiresScopes(scopes: [["x"]]) }
        type Mutation { change: Payload @public }
        type Payload { query: Query }
        directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
      `,
      resolvers: {
        Mutation: { change: spy('change', {}) },
        Payload: { query: () => ({}) },
        Query: { hello: () => 'Hello' },
      },
    })
    let count = 0
    guardSchema(schema, {
      principalOf: () => {
        count += 1
        return null
      },
    })
    expect(await ask(schema, 'mutation { change { query { a: hello b: hello } } }')).toEqual({
      data: { change: { query: { a: 'Hello', b: 'Hello' } } },
    })
    expect(count).toBe(1)
    const denied = await ask(schema, 'mutation { change { query { secret } } }')
    expect(codes(denied ?? {})).toEqual(['UNAUTHENTICATED'])
    expect(calls).toEqual(['change'])
  })

  it('denies a principal that the given authenticator did not make', async () => {
    const authenticator = { hasMade: (value: unknown) => value === ada }
    const schema = guardSchema(createSchema(), { principalOf, authenticator })
    expect(await ask(schema, '{ hello }', ada)).toEqual({ data: { hello: 'Hello' } })
    const copied = await ask(schema, '{ hello }', { ...ada })
    expect(copied?.errors?.[0]?.message).toContain('a principal that the authenticator made')
  })

  it('records the scopes that were used', async () => {
    const used: unknown[] = []
    const authenticator = {
      recordScopes: (by: Principal, scopes: readonly string[]) =>
        void used.push(by.subject, scopes),
    }
    const schema = guardSchema(createSchema(), { principalOf, authenticator })
    await ask(schema, '{ hello orders { id } }', ada)
    await ask(schema, '{ orders { total } }', ada)
    expect(used).toEqual(['ada', ['read:orders']])
  })
})
