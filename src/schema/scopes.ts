import type { GraphQLError, GraphQLSchema } from 'graphql'
import { type RequiredScopesOptions, requiredScopes, scopeCoordinates } from '../decision/index.ts'
import { type DocumentFault, InvalidDocumentError } from '../errors.ts'
import type { FieldCost } from '../limits/field-costs.ts'
import { remembering } from '../remembering.ts'
import { missingScopes, type ScopeCatalogue, type ScopeRequirement } from '../scopes.ts'
import type { Builder } from './builder.ts'
import type { Context } from './context.ts'
import { costs } from './costs.ts'

interface Scope {
  readonly name: string
  readonly description: string
}

interface ScopedField {
  readonly coordinate: string
  readonly requirement: ScopeRequirement
}

interface OperationScopes {
  readonly scopes: ScopeRequirement
  readonly missing: readonly string[]
  readonly fields: readonly ScopedField[]
}

/** What scopes there are, and which an operation needs: the schema's own answer. */
export function registerScopes(builder: Builder, catalogue: ScopeCatalogue) {
  const { ScopeRef, OperationScopesRef } = scopeTypes(builder)
  builder.queryFields((t) => ({
    scopes: t.field({
      type: [ScopeRef],
      public: true,
      description: 'Every scope that this server knows.',
      extensions: { cost: { listSize: catalogue.size } satisfies FieldCost },
      resolve: () => [...catalogue].map(([name, description]) => ({ name, description })),
    }),
    requiredScopes: t.field({
      type: OperationScopesRef,
      public: true,
      extensions: costs.requiredScopes,
      description:
        'Which scopes an operation needs. It is validated and never run; the limits on operations hold for it as well.',
      args: {
        document: t.arg.string({ required: true, description: 'GraphQL, as a request has it.' }),
        operationName: t.arg.string({ description: 'Where the document has several operations.' }),
        variables: t.arg({
          type: 'JSONObject',
          description:
            'Those that `@skip` and `@include` ask for decide what is reached; where one is left out, both outcomes count.',
        }),
      },
      resolve: (_root, { document, operationName, variables }, context, { schema }) => {
        const { anonymous, authenticated } = context.services.operationGuards
        const reader = context.principal === null ? anonymous : authenticated
        return context.turns.take(async () => {
          await reader.prepare(schema, document)
          return scopesOf(schema, context, document, {
            // Empty, it counts as none, as in a request.
            operationName: operationName || null,
            variables,
          })
        })
      },
    }),
  }))
}

function scopeTypes(builder: Builder) {
  const ScopeRef = builder.objectRef<Scope>('Scope').implement({
    description: 'Something that a credential may be allowed to do. No scope implies another.',
    fields: (t) => ({
      name: t.exposeString('name'),
      description: t.exposeString('description'),
      fields: t.stringList({
        description:
          'Schema coordinates that ask for it, such as `Query.users`; none for those of other services.',
        resolve: ({ name }, _args, _context, { schema }) => [...coordinatesOf(schema, name)],
      }),
    }),
  })

  const ScopedFieldRef = builder.objectRef<ScopedField>('ScopedField').implement({
    description: 'A guarded field that an operation reaches.',
    fields: (t) => ({
      coordinate: t.exposeString('coordinate', {
        description: 'Of the object type that holds it, such as `User.email`.',
      }),
      scopes: t.field({
        type: t.listRef(t.listRef('String')),
        description: 'Any one list suffices; `[[]]` when any credential does.',
        resolve: ({ requirement }) => mutable(requirement),
      }),
    }),
  })

  const OperationScopesRef = builder.objectRef<OperationScopes>('OperationScopes').implement({
    description: 'What an operation needs, without running it.',
    fields: (t) => ({
      scopes: t.field({
        type: t.listRef(t.listRef('String')),
        description:
          'Any one list suffices. The least privilege: no list contains another; `[[]]` when no scope is needed.',
        resolve: ({ scopes }) => mutable(scopes),
      }),
      missing: t.stringList({
        description: 'What you lack of the list that you are nearest to.',
        resolve: ({ missing }) => [...missing],
      }),
      fields: t.field({
        type: [ScopedFieldRef],
        description: 'Every guarded field that it reaches.',
        resolve: ({ fields }) => [...fields],
      }),
    }),
  })

  return { ScopeRef, OperationScopesRef }
}

function scopesOf(
  schema: GraphQLSchema,
  { principal, services }: Context,
  document: string,
  options: Pick<RequiredScopesOptions, 'operationName' | 'variables'>,
): OperationScopes {
  const { anonymous, authenticated, costError } = services.operationGuards
  const { read } = principal === null ? anonymous : authenticated
  const found = requiredScopes(schema, document, {
    ...options,
    read,
    refuse: costError,
    hideSuggestions: principal === null,
  })
  if (!found.ok) throw new InvalidDocumentError(found.about, found.errors.map(documentFault))
  const { scopes, fields } = found.evaluation
  return { scopes, missing: missingScopes(scopes, principal?.scopes ?? new Set()), fields }
}

function documentFault({
  message,
  locations = [],
  extensions: { limit },
}: GraphQLError): DocumentFault {
  return { message, locations, ...(typeof limit === 'string' && { limit }) }
}

const coordinatesByScope = remembering(scopeCoordinates)

function coordinatesOf(schema: GraphQLSchema, scope: string): readonly string[] {
  return coordinatesByScope(schema).get(scope) ?? []
}

function mutable(requirement: ScopeRequirement): string[][] {
  return requirement.map((list) => [...list])
}
