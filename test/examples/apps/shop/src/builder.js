import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'

export const builder = new SchemaBuilder({
  plugins: [ScopeAuthPlugin],
  scopeAuth: { authScopes: (context) => ({ signedIn: context.user !== null }) },
})

builder.queryType()
builder.mutationType()
