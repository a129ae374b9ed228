import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars'
import type { JsonObject } from '../json.ts'
import { type LatchkeyAuthScopes, latchkeyPlugin, scopeAuthOptions } from '../pothos/index.ts'
import type { BuiltInScope, ScopeCatalogue } from '../scopes.ts'
import { connectionOptions } from './connection-options.ts'
import type { Context } from './context.ts'

export type Builder = ReturnType<typeof createBuilder>

/** Returns the builder to which the files of this folder add their types. */
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
      ...connectionOptions,
    },
  })
  builder.addScalarType('DateTime', DateTimeResolver, {
    description:
      'A date and time as in RFC 3339 §5.6, such as `2027-12-03T10:15:30.000Z`. The server answers in UTC with milliseconds, and accepts any offset.',
  })
  builder.addScalarType('JSONObject', JSONObjectResolver, {
    description: 'A JSON object (ECMA-404).',
  })
  builder.globalConnectionField('totalCount', (t) =>
    t.int({
      description:
        'The number of items on all pages together. The server counts them only if this field is selected.',
      resolve: (page) => page.totalCount(),
    }),
  )
  builder.queryType({ description: queryDescription })
  builder.mutationType({ description: mutationDescription })
  return builder
}

const queryDescription = `The queries.

The server authorizes an operation as a whole before it runs. If the caller lacks a scope for any field, nothing runs, and the response has one error with these \`extensions\`: \`code\` is \`FORBIDDEN\`, \`requiredScopes\` lists the alternatives, each of which suffices, \`missingScopes\` lists the scopes that the caller lacks, from the alternative that it comes closest to, and \`notGranted\` lists those of them that the credential carries and the grant of the user withholds. Without a credential \`code\` is \`UNAUTHENTICATED\`.

The server refuses an operation that exceeds a limit on operations; \`extensions.limit\` names the limit. An invalid argument fails with \`BAD_USER_INPUT\`; \`extensions.field\` names it.`

const mutationDescription = `The mutations. The audit trail records every change.

A mutation can fail with these codes in \`extensions.code\`: \`BAD_USER_INPUT\` (an input value is not valid; \`extensions.field\` names it), \`NOT_FOUND\` (the object does not exist, or the caller may not change it), \`CONFLICT\` (the current state does not allow the change), \`FORBIDDEN\` (the caller lacks the scopes in \`extensions.missingScopes\`), \`SERVICE_UNAVAILABLE\` (the database cannot be reached; retry later).`
