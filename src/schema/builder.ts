import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { JsonObject } from '../json.ts'
import { latchkeyPlugin } from '../pothos/plugin.ts'
import { type LatchkeyAuthScopes, scopeAuthOptions } from '../pothos/scope-auth.ts'
import type { BuiltInScope, ScopeCatalogue } from '../scopes.ts'
import type { ResolverContext } from './context.ts'
import { scalars } from './scalars.ts'

export type Builder = ReturnType<typeof createBuilder>

/** A type of the builder whose values resolvers return as `T`. */
export type OutputRef<T> = PothosSchemaTypes.ObjectRef<Builder['$inferSchemaTypes'], T>

/** Returns the builder to which the files of this folder add their types. */
export function createBuilder(catalogue: ScopeCatalogue) {
  const builder = new SchemaBuilder<{
    Context: ResolverContext
    Scopes: BuiltInScope
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
    Scalars: {
      DateTime: { Input: Date; Output: Date }
      JSONObject: { Input: JsonObject; Output: JsonObject }
      _Any: { Input: unknown; Output: unknown }
      ID: { Input: string; Output: string }
    }
    DefaultFieldNullability: false
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    latchkey: { scopes: catalogue },
    scopeAuth: scopeAuthOptions((context: ResolverContext) => context.principal),
    defaultFieldNullability: false,
  })
  builder.addScalarType('DateTime', scalars.DateTime.type, {
    description: scalars.DateTime.description,
  })
  builder.addScalarType('JSONObject', scalars.JSONObject.type, {
    description: scalars.JSONObject.description,
  })
  builder.queryType({ description: queryDescription })
  builder.mutationType({ description: mutationDescription })
  builder.subscriptionType({ description: subscriptionDescription })
  return builder
}

const queryDescription = `The queries.

A request sends an API key or a JWT as \`Authorization: Bearer <credential>\`. An API key may be sent as \`X-API-Key: <key>\` instead; the operator can choose another header (\`API_KEY_HEADER\`). An API key has the form \`<prefix>_<id>_<secret><checksum>\`; the default prefix is \`lk\`. The server refuses a request with an invalid credential (\`INVALID_CREDENTIAL\`, HTTP status 401) or with several credentials (\`INVALID_REQUEST\`, 400).

The server authorizes an operation as a whole before it runs. If the operation is denied, nothing runs, and the response has one error. Its \`extensions.code\` is \`UNAUTHENTICATED\` (401) if the operation requires a credential and the request has none, and \`FORBIDDEN\` (403) if the caller lacks scopes. An error \`FORBIDDEN\` has these \`extensions\`:

- \`requiredScopes\`: the alternatives. The caller needs all scopes of at least one inner list.
- \`missingScopes\`: the scopes that the caller lacks from one alternative, the one from which it lacks the fewest.
- \`notGranted\`: the scopes in \`missingScopes\` that the credential carries. The grant of its owner, or an ancestor of the API key, withholds them.
- \`fields\`: the fields that the caller may not select, each with \`coordinate\` and \`paths\` (response names).
- \`help\`: the URL of the form of the keys page that is filled in with \`missingScopes\`. Absent if there is no keys page.

These errors have other codes:

- \`GRAPHQL_PARSE_FAILED\`, \`GRAPHQL_VALIDATION_FAILED\`: the operation is not valid, or exceeds a limit, which \`extensions.limit\` names: \`tokens\`, \`length\`, \`depth\`, \`aliases\`, \`directives\`, \`cost\` or \`overlaps\`.
- \`BAD_USER_INPUT\`: an argument or input field is not valid, such as a page size above the maximum or a cursor of another list. \`extensions.field\` names it.
- \`RATE_LIMITED\` (429): the client sent too many invalid credentials, or its requests take too long.
- \`SERVICE_UNAVAILABLE\` (503): the database or an issuer cannot be reached. Retry later.`

const mutationDescription = `The mutations. The audit trail records every change; a mutation that changes nothing adds no event.

The mutations of one operation run one after the other, each in its own transaction. If one fails, those before it keep their effect, those after it do not run, and \`data\` is null. The secret of a new or rotated key would then be lost, so send \`createApiKey\` and \`rotateApiKey\` alone.

A mutation can fail with the same errors as a query, and with the following, which mean that it changed nothing:

- \`NOT_FOUND\`: the object does not exist, or the caller may not change it. Where a missing scope would reveal another user's object, the error is \`NOT_FOUND\` instead of \`FORBIDDEN\`.
- \`CONFLICT\`: the current state does not allow the change.
- \`FORBIDDEN\`: the caller lacks the scopes in \`extensions.missingScopes\`.

A payload shows only what a query would show to the same caller, and the result of the change. If an operation selects more, the error is \`FORBIDDEN\`, and nothing changes.`

const subscriptionDescription = `The subscriptions.

A client sends a subscription as \`POST\` with \`Accept: text/event-stream\` and gets the results as server-sent events: \`next\` for each result, and \`complete\` at the end (GraphQL over SSE, distinct connections mode).

The server checks the credential again while the stream lasts. If it expires or is no longer valid, or if the caller loses a scope that the operation requires, the last result has the error, and the stream ends.`
