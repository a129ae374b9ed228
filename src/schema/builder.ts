import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars'
import type { JsonObject } from '../json.ts'
import { type LatchkeyAuthScopes, latchkeyPlugin, scopeAuthOptions } from '../pothos/index.ts'
import type { BuiltInScope, ScopeCatalogue } from '../scopes.ts'
import type { Context } from './context.ts'

export type Builder = ReturnType<typeof createBuilder>

/** The builder that every file of this folder adds its types to. */
export function createBuilder(catalogue: ScopeCatalogue) {
  const builder = new SchemaBuilder<{
    Context: Context
    Scopes: BuiltInScope
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
    Scalars: {
      DateTime: { Input: Date; Output: Date }
      JSONObject: { Input: JsonObject; Output: JsonObject }
      _Any: { Input: unknown; Output: unknown }
      ID: { Input: string; Output: string }
    }
    Connection: { totalCount: () => number | Promise<number> }
    DefaultFieldNullability: false
    DefaultEdgesNullability: { list: false; items: false }
    DefaultNodeNullability: false
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin, RelayPlugin],
    latchkey: { scopes: catalogue },
    scopeAuth: scopeAuthOptions((context: Context) => context.principal),
    defaultFieldNullability: false,
    relay: {
      cursorType: 'String',
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      edgesFieldOptions: { nullable: { list: false, items: false } },
      nodeFieldOptions: { nullable: false },
      nodesOnConnection: true,
      pageInfoTypeOptions: { extensions: { directives: { shareable: {} } } },
    },
  })
  builder.addScalarType('DateTime', DateTimeResolver)
  builder.addScalarType('JSONObject', JSONObjectResolver)
  builder.globalConnectionField('totalCount', (t) =>
    t.int({
      description: 'How many there are in all. Counted only when selected.',
      resolve: (page) => page.totalCount(),
    }),
  )
  builder.queryType()
  builder.mutationType()
  return builder
}
