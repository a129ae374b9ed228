import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { execute, graphql, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { analyseOperation, decide } from '../../src/decision/index.ts'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { type Context, createBuilder, principalWith } from './example.ts'

const run: string[] = []

/** Makes a schema of an application with Relay's `node`, whose id contains the type. */
function relaySchema(authScopes?: (context: Context) => Promise<object>) {
  const builder = new SchemaBuilder<{
    Context: Context
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin, RelayPlugin],
    latchkey: { scopes: { 'read:orders': '' } },
    scopeAuth: {
      ...scopeAuthOptions<Context>(({ principal }) => principal),
      ...(authScopes && { authScopes: authScopes as never }),
    },
    relay: {
      encodeGlobalID: (type, id) => `${type}:${id}`,
      decodeGlobalID: (globalId) => {
        const [typename = '', id = ''] = globalId.split(':')
        return { typename, id }
      },
      nodeQueryOptions: {
        public: true,
        possibleTypes: ({ id }: { id?: unknown }) => [String(id).split(':')[0] ?? ''],
      },
      nodesQueryOptions: false,
    },
  })
  const load = (type: string) => (id: string) => {
    run.push(type)
    return { id }
  }
  const orderRef = builder.objectRef<{ id: string }>('Order')
  builder.node(orderRef, {
    requiresScopes: 'read:orders',
    id: { resolve: ({ id }: { readonly id?: unknown }) => id },
    isTypeOf: () => false,
    loadOne: load('Order'),
  } as never)
  const noteRef = builder.objectRef<{ id: string }>('Note')
  builder.node(noteRef, {
    id: { resolve: ({ id }) => id },
    loadOne: load('Note'),
  })
  builder.queryType({
    fields: (t) => ({
      orders: t.field({
        type: [orderRef],
        public: true,
        resolve: () => {
          run.push('orders')
          return []
        },
      }),
    }),
  })
  builder.mutationType({
    fields: (t) => ({
      deleteOrder: t.field({
        type: orderRef,
        nullable: true,
        public: true,
        resolve: () => {
          run.push('deleteOrder')
          return null
        },
      }),
    }),
  })
  return builder.toSchema()
}

describe('the guard of a type built with Pothos', () => {
  const schema = relaySchema()

  it.each(['{ orders { __typename } }', 'mutation { deleteOrder { __typename } }'])(
    'applies to %s, before execution and at the field',
    async (source) => {
      run.length = 0
      const evaluation = analyseOperation(schema, parse(source))?.evaluate({})
      expect(evaluation?.scopes).toEqual([['read:orders']])
      const ask = (principal: Context['principal']) =>
        graphql({ schema, source, contextValue: { principal } })
      const denied = await ask(principalWith('other'))
      expect(denied.errors?.[0]?.originalError).toBeInstanceOf(InsufficientScopeError)
      expect((await ask(null)).errors?.[0]?.originalError).toBeInstanceOf(UnauthenticatedError)
      expect(run).toEqual([])
      expect((await ask(principalWith('read:orders'))).errors).toBeUndefined()
    },
  )

  it('is declared in the description of fields that may return the type', () => {
    const { orders, node } = schema.getQueryType()?.getFields() ?? {}
    expect(orders?.description).toBe('Requires scope `read:orders`.')
    expect(node?.description).toMatch(
      /Requires no credential\. For `Order`: requires scope `read:orders`\.$/,
    )
    const { deleteOrder } = schema.getMutationType()?.getFields() ?? {}
    expect(deleteOrder?.description).toBe('Requires scope `read:orders`.')
  })

  it("applies to Relay's node by the id", async () => {
    const document = parse('query ($id: ID!) { node(id: $id) { id } }')
    const outcome = (id: string) => {
      const evaluation = analyseOperation(schema, document)?.evaluate({ id })
      return evaluation && decide(evaluation, principalWith('other')).outcome
    }
    expect(outcome('Note:1')).toBe('allowed')
    expect(outcome('Order:1')).toBe('insufficient')
    run.length = 0
    const contextValue = { principal: principalWith('other') }
    const order = await execute({
      schema,
      document,
      contextValue,
      variableValues: { id: 'Order:1' },
    })
    expect(order.errors?.[0]?.originalError).toBeInstanceOf(InsufficientScopeError)
    expect(run).toEqual([])
    const note = await execute({ schema, document, contextValue, variableValues: { id: 'Note:1' } })
    expect(note).toMatchObject({ data: { node: { id: 'Note:1' } } })
  })

  it("is checked with the application's own scopes if these are looked up", async () => {
    const own = relaySchema(async ({ principal }) => ({
      latchkey: ([[scope = ''] = []]: string[][]) => principal?.scopes.has(scope) === true,
    }))
    const ask = (...scopes: string[]) =>
      graphql({
        schema: own,
        source: '{ orders { __typename } }',
        contextValue: { principal: principalWith(...scopes) },
      })
    expect((await ask('other')).errors?.[0]?.originalError).toBeInstanceOf(InsufficientScopeError)
    expect((await ask('read:orders')).errors).toBeUndefined()
  })
})

describe('possibleTypes', () => {
  const faults = (define: (builder: ReturnType<typeof createBuilder>) => void) => {
    const builder = createBuilder()
    builder.queryType({ fields: (t) => ({ hello: t.string({ public: true, resolve: () => '' }) }) })
    builder.mutationType()
    define(builder)
    try {
      builder.toSchema()
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }

  it('is allowed only on queries that return an interface or union', () => {
    const possibleTypes = () => ['Bread']
    expect(
      faults((builder) => {
        builder.queryField('plain', (t) =>
          t.string({ public: true, possibleTypes, resolve: () => '' }),
        )
      }),
    ).toContain('Query.plain sets possibleTypes, but returns neither an interface nor a union.')
    expect(
      faults((builder) => {
        const good = builder.interfaceRef<object>('Good').implement({})
        const bread = builder.objectRef<object>('Bread')
        bread.implement({
          interfaces: [good],
          fields: (t) => ({ a: t.string({ resolve: () => '' }) }),
        })
        builder.mutationField('make', (t) =>
          t.field({ type: good, public: true, possibleTypes, resolve: () => ({}) }),
        )
      }),
    ).toContain('Mutation.make sets possibleTypes, which counts in queries only.')
    expect(
      faults((builder) => {
        builder.queryField('list', (t) =>
          t.string({ public: true, possibleTypes: ['Bread'] as never, resolve: () => '' }),
        )
      }),
    ).toContain('Query.list sets possibleTypes to a value that is not a function of its arguments.')
  })
})
