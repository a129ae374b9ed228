import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { type ExecutionResult, graphql, parse, subscribe } from 'graphql'
import { describe, expect, it } from 'vitest'
import { UnauthenticatedError } from '../../src/errors.ts'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import type { Principal } from '../../src/principal.ts'
import { createBuilder, principalWith } from './example.ts'

describe("a declaration beside scope-auth's own rules", () => {
  interface Context {
    principal: Principal | null
    office: boolean
  }

  function createSchema() {
    const options = scopeAuthOptions<Context>((context) => context.principal)
    const builder = new SchemaBuilder<{
      Context: Context
      AuthScopes: LatchkeyAuthScopes & { inOffice: boolean; never: boolean }
      DefaultAuthStrategy: 'all'
    }>({
      plugins: [ScopeAuthPlugin, latchkeyPlugin],
      latchkey: { scopes: { a: 'A' } },
      scopeAuth: {
        ...options,
        authScopes: (context) => ({
          ...options.authScopes(context),
          inOffice: context.office,
          never: false,
        }),
      },
    })
    const resolve = () => 'reached'
    builder.queryType({
      fields: (t) => ({
        map: t.string({ requiresScopes: 'a', authScopes: { inOffice: true }, resolve }),
        any: t.string({
          requiresScopes: 'a',
          authScopes: { $any: { inOffice: true, never: true } },
          resolve,
        }),
        function: t.string({
          requiresScopes: 'a',
          authScopes: (_parent, _args, context) => context.office,
          resolve,
        }),
        promise: t.string({
          requiresScopes: 'a',
          authScopes: async () => ({ inOffice: true }),
          resolve,
        }),
      }),
    })
    return builder.toSchema()
  }

  it.each(['map', 'any', 'function', 'promise'])('asks for both: %s', async (field) => {
    const schema = createSchema()
    const reached = async (office: boolean, principal: Principal | null) => {
      const contextValue = { office, principal }
      const { data } = await graphql({ schema, source: `{ ${field} }`, contextValue })
      return data?.[field] === 'reached'
    }
    expect(await reached(true, principalWith('a'))).toBe(true)
    expect(await reached(false, principalWith('a'))).toBe(false)
    expect(await reached(true, principalWith())).toBe(false)
    expect(await reached(true, null)).toBe(false)
  })

  it("describes its own denials and leaves scope-auth's unchanged", async () => {
    const refused = async (principal: Principal | null, office: boolean) => {
      const contextValue = { office, principal }
      const result = await graphql({ schema: createSchema(), source: '{ map }', contextValue })
      return result.errors?.[0]
    }
    expect((await refused(null, true))?.originalError).toBeInstanceOf(UnauthenticatedError)
    expect((await refused(principalWith(), true))?.message).toBe(
      'This needs scope `a`, which you do not hold.',
    )
    expect((await refused(principalWith('a'), false))?.message).toBe(
      'Not authorized to resolve Query.map',
    )
  })
})

describe('a guarded subscription', () => {
  it('is denied before its source starts, and is not checked again for each event', async () => {
    const builder = createBuilder()
    let started = 0
    builder.queryType({ fields: (t) => ({ hello: t.string({ public: true, resolve: () => '' }) }) })
    builder.subscriptionType({
      fields: (t) => ({
        orders: t.string({
          requiresScopes: 'read:orders',
          subscribe: async function* () {
            started += 1
            yield 'first'
          },
          resolve: (event) => event as string,
        }),
      }),
    })
    const schema = builder.toSchema()
    const document = parse('subscription { orders }')
    const open = (principal: Principal | null) =>
      subscribe({ schema, document, contextValue: { principal } })

    for (const principal of [null, principalWith('admin')]) {
      expect(((await open(principal)) as ExecutionResult).errors).toHaveLength(1)
    }
    expect(started).toBe(0)
    const events = await open(principalWith('read:orders'))
    if (!(Symbol.asyncIterator in events)) throw new Error('refused')
    expect((await events.next()).value).toEqual({ data: { orders: 'first' } })
    expect(started).toBe(1)
  })
})
