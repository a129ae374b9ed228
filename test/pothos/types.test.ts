import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { expect, it } from 'vitest'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { type Context, createBuilder, shopScopes } from './example.ts'

// The compiler is the test here: each line under @ts-expect-error must not compile.

it('a misspelt scope does not compile', () => {
  const resolve = () => ''
  const builder = createBuilder()
  builder.queryType({
    fields: (t) => ({
      right: t.string({ requiresScopes: [['read:orders', 'admin'], ['read:prices']], resolve }),
      // @ts-expect-error not in the catalogue
      single: t.string({ requiresScopes: 'read:order', resolve }),
      // @ts-expect-error not in the catalogue
      listed: t.string({ requiresScopes: [['read:orders', 'read:order']], resolve }),
      // @ts-expect-error OR of ANDs takes two levels
      flat: t.string({ requiresScopes: ['read:orders'], resolve }),
      // @ts-expect-error left out rather than false
      notPublic: t.string({ public: false, resolve }),
    }),
  })
  builder.objectRef<object>('Order').implement({
    // @ts-expect-error not in the catalogue
    requiresScopes: 'read:order',
    fields: (t) => ({
      // @ts-expect-error not in the catalogue
      total: t.int({ requiresScopes: 'read:price', resolve: () => 1 }),
    }),
  })
  builder.interfaceRef<object>('Priced').implement({
    // @ts-expect-error a type is not public as a whole
    public: true,
    fields: (t) => ({
      // @ts-expect-error not in the catalogue
      price: t.int({ requiresScopes: 'read:price', resolve: () => 1 }),
    }),
  })
  expect(() => builder.toSchema()).toThrow()
})

it('the whole catalogue must be described', () => {
  const { admin: _, ...incomplete } = shopScopes
  type Types = {
    Context: Context
    Scopes: keyof typeof shopScopes
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }
  new SchemaBuilder<Types>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    // @ts-expect-error admin is not described
    latchkey: { scopes: incomplete },
    scopeAuth: scopeAuthOptions((context) => context.principal),
  })
  new SchemaBuilder<Types>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    latchkey: { scopes: new Map(Object.entries(shopScopes)) },
    scopeAuth: scopeAuthOptions((context) => context.principal),
  })
})

it('any name is accepted if the builder names no scopes, on Relay connections too', () => {
  const builder = new SchemaBuilder<{
    Context: Context
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin, RelayPlugin],
    latchkey: { scopes: { anything: 'Anything at all.' } },
    relay: {
      nodeQueryOptions: { requiresScopes: 'anything' },
      nodesQueryOptions: { requiresScopes: [['anything']] },
    },
    scopeAuth: scopeAuthOptions((context) => context.principal),
  })
  const order = builder.objectRef<{ id: string }>('Order')
  builder.node(order, { id: { resolve: ({ id }) => id }, loadOne: (id) => ({ id }) })
  builder.queryType({
    fields: (t) => ({
      orders: t.connection({ type: order, requiresScopes: 'anything', resolve: () => null }),
    }),
  })
  const fields = builder.toSchema().getQueryType()?.getFields() ?? {}
  for (const name of ['orders', 'node', 'nodes']) {
    expect(fields[name]?.extensions.latchkey).toEqual({ requiresScopes: [['anything']] })
  }
})
