import type { GraphQLSchema } from 'graphql'
import { scopeCoordinates } from '../decision/index.ts'
import type { FieldCost } from '../limits/field-costs.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { Builder } from './builder.ts'

interface Scope {
  readonly name: string
  readonly description: string
}

/** Registers the query for the catalogue of scopes. */
export function registerScopes(builder: Builder, catalogue: ScopeCatalogue): void {
  const ScopeRef = builder.objectRef<Scope>('Scope').implement({
    description: 'A permission that a credential can carry. No scope implies another scope.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The name of the scope, such as `read:users`.' }),
      description: t.exposeString('description', {
        description: 'The description of the scope: what it allows.',
      }),
      fields: t.stringList({
        description:
          'The schema coordinates of the fields that require the scope, such as `Query.users`, sorted. Empty for `manage:keys`, which some fields require only for objects of other users, for `introspect:tokens`, which only `POST /oauth2/introspect` requires (RFC 7662), and for scopes that only other services use.',
        resolve: ({ name }, _args, { services: { describedSchema } }, { schema }) => [
          ...coordinatesOf(describedSchema ?? schema, name),
        ],
      }),
    }),
  })

  builder.queryFields((t) => ({
    scopes: t.field({
      type: [ScopeRef],
      public: true,
      description: `Lists all scopes that this server knows: its own, and those of other services that the operator has configured (\`SCOPES_FILE\`). ${privacy}`,
      extensions: { cost: { listSize: catalogue.size } satisfies FieldCost },
      resolve: () => [...catalogue].map(([name, description]) => ({ name, description })),
    }),
  }))
}

/** A sentence for the queries that `PUBLIC_INTROSPECTION` closes. */
export const privacy =
  'If the operator sets `PUBLIC_INTROSPECTION=false`, callers without a credential get `UNAUTHENTICATED`, although the schema declares the query as public.'

const coordinatesByScope = memoizeWeak(scopeCoordinates)

function coordinatesOf(schema: GraphQLSchema, scope: string): readonly string[] {
  return coordinatesByScope(schema).get(scope) ?? []
}
