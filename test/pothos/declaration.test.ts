import { graphql } from 'graphql'
import { describe, expect, it } from 'vitest'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import { printSdl, scopeCoordinates } from '../../src/pothos/index.ts'
import { createBuilder, principalWith } from './example.ts'

function createSchema() {
  const builder = createBuilder()
  const order = builder.objectRef<{ id: string }>('Order').implement({
    description: 'What someone bought.',
    requiresScopes: 'read:orders',
    fields: (t) => ({
      id: t.exposeString('id', {}),
      total: t.int({
        description: 'In cents.',
        requiresScopes: [['read:prices'], ['admin']],
        resolve: () => 100,
      }),
    }),
  })
  builder.queryType({
    fields: (t) => ({
      hello: t.string({ public: true, resolve: () => 'hello' }),
      me: t.string({ authenticated: true, resolve: () => 'me' }),
      order: t.field({ type: order, public: true, resolve: () => ({ id: '1' }) }),
      orders: t.field({
        type: [order],
        description: 'All of them.',
        requiresScopes: [['read:orders', 'read:prices'], ['admin']],
        resolve: () => [{ id: '1' }],
      }),
    }),
  })
  return builder.toSchema()
}

describe('one declaration', () => {
  it('is the rule at runtime', async () => {
    const schema = createSchema()
    const run = async (source: string, ...scopes: string[]) => {
      const result = await graphql({
        schema,
        source,
        contextValue: { principal: principalWith(...scopes) },
      })
      return result.errors?.map((error) => error.originalError)
    }
    expect(await run('{ order { id } }', 'read:orders')).toBeUndefined()
    expect(await run('{ orders { id } }', 'read:orders', 'read:prices')).toBeUndefined()
    const refused = (await run('{ order { total } }', 'read:orders'))?.[0]
    expect(refused).toBeInstanceOf(InsufficientScopeError)
    expect((refused as InsufficientScopeError).scopes).toEqual({
      requiredScopes: [['admin'], ['read:prices']],
      missingScopes: ['admin'],
      notGranted: [],
    })
    const anonymous = await graphql({ schema, source: '{ me }', contextValue: { principal: null } })
    expect(anonymous.errors?.[0]?.originalError).toBeInstanceOf(UnauthenticatedError)
    const open = await graphql({ schema, source: '{ hello }', contextValue: { principal: null } })
    expect(open).toEqual({ data: { hello: 'hello' } })
  })

  it('is the directive in the SDL and the sentence in the description', () => {
    const sdl = printSdl(createSchema())
    expect(sdl).toMatchInlineSnapshot(`
      "extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@authenticated", "@requiresScopes"])

      "Requires a credential; no particular scope."
      directive @authenticated on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

      "Requires scopes. The caller needs all scopes of at least one inner list."
      directive @requiresScopes(
        "The alternatives. Each inner list is one."
        scopes: [[federation__Scope!]!]!
      ) on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

      "Requires no credential: anyone may select the field."
      directive @public on FIELD_DEFINITION

      "Makes the type an entity of Apollo Federation, to which other subgraphs can refer."
      directive @key(
        "The fields that identify an entity."
        fields: federation__FieldSet!
        "Whether this subgraph can return the entity by these fields."
        resolvable: Boolean = true
      ) repeatable on INTERFACE | OBJECT

      "Allows several subgraphs of Apollo Federation to resolve the field, or all fields of the type."
      directive @shareable repeatable on FIELD_DEFINITION | OBJECT

      "Names of fields, written as a selection set without the outer braces."
      scalar federation__FieldSet

      "The name of a scope."
      scalar federation__Scope

      type Query {
        """Requires no credential."""
        hello: String @public
        """Requires a credential."""
        me: String @authenticated
        """Requires scope \`read:orders\`."""
        order: Order @public
        """
        All of them.
        
        Requires scopes \`admin\` and \`read:orders\`, or scopes \`read:orders\` and \`read:prices\`.
        """
        orders: [Order!] @requiresScopes(scopes: [["read:orders", "read:prices"], ["admin"]])
      }

      """
      What someone bought.

      Requires scope \`read:orders\`.
      """
      type Order @requiresScopes(scopes: [["read:orders"]]) {
        id: String
        """
        In cents.
        
        Requires scope \`read:prices\` or \`admin\`.
        """
        total: Int @requiresScopes(scopes: [["read:prices"], ["admin"]])
      }
      "
    `)
  })

  it('is the row in the catalogue', () => {
    expect(Object.fromEntries(scopeCoordinates(createSchema()))).toEqual({
      admin: ['Order.total', 'Query.orders'],
      'read:orders': ['Order', 'Query.order', 'Query.orders'],
      'read:prices': ['Order.total', 'Query.orders'],
    })
  })
})
