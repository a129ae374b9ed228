import type { GraphQLError, GraphQLSchema } from 'graphql'
import { type RequiredScopesOptions, requiredScopes } from '../decision/index.ts'
import { type DocumentFault, InvalidDocumentError } from '../errors.ts'
import { missingScopes, type ScopeRequirement } from '../scopes.ts'
import type { Builder } from './builder.ts'
import type { ResolverContext } from './context.ts'
import { costs } from './costs.ts'
import { privacy } from './scopes.ts'

interface ScopedField {
  readonly coordinate: string
  readonly requirement: ScopeRequirement
}

interface OperationScopes {
  readonly scopes: ScopeRequirement
  readonly missing: readonly string[]
  readonly fields: readonly ScopedField[]
}

/** Registers the query for the scopes that an operation requires. */
export function registerRequiredScopes(builder: Builder): void {
  const OperationScopesRef = operationScopesType(builder)
  builder.queryFields((t) => ({
    requiredScopes: t.field({
      type: OperationScopesRef,
      public: true,
      extensions: costs.requiredScopes,
      description: `Returns the scopes that an operation requires, without running it. The operation must be valid and within the limits on operations. Otherwise the query fails with \`BAD_USER_INPUT\`, and \`extensions.errors\` lists the faults: each has \`message\`, \`locations\` (a list of \`line\` and \`column\`) and, for a limit, \`limit\`. ${privacy}`,
      args: {
        document: t.arg.string({
          required: true,
          description: 'The GraphQL document with the operation, as a request sends it.',
        }),
        operationName: t.arg.string({
          description:
            'The name of the operation. Required if the document has several operations. An empty string is treated as absent.',
        }),
        variables: t.arg({
          type: 'JSONObject',
          description:
            'The variables of the operation, as a request sends them. Any of them may be omitted. If `@skip` or `@include` uses an omitted variable without a default, the query counts the selection as included.',
        }),
      },
      resolve: (_root, { document, operationName, variables }, context, info) => {
        const { operationGuards, describedSchema: schema = info.schema } = context.services
        const { anonymous, authenticated } = operationGuards
        const reader = context.principal === null ? anonymous : authenticated
        return context.turns.take(async () => {
          await reader.prepare(schema, document, context.turns.onTurn)
          const since = performance.now()
          try {
            return scopesOf(schema, context, document, {
              // An empty name counts as none, as in a request.
              operationName: operationName || null,
              variables,
            })
          } finally {
            context.turns.onTurn(performance.now() - since)
          }
        })
      },
    }),
  }))
}

function operationScopesType(builder: Builder) {
  const ScopedFieldRef = builder.objectRef<ScopedField>('ScopedField').implement({
    description: 'A field that an operation selects and that requires a credential or scopes.',
    fields: (t) => ({
      coordinate: t.exposeString('coordinate', {
        description:
          'The schema coordinate of the field on its object type, such as `Query.users`, or `User.email` in the payload of a mutation.',
      }),
      scopes: t.field({
        type: t.listRef(t.listRef('String')),
        description:
          'The scopes that the field requires: all scopes of at least one inner list. `[[]]`: no scope is needed, but a credential is.',
        resolve: ({ requirement }) => mutable(requirement),
      }),
    }),
  })

  return builder.objectRef<OperationScopes>('OperationScopes').implement({
    description:
      'The scopes that an operation requires. They include the scopes for fields of payloads that some callers may select without them, such as fields of their own user.',
    fields: (t) => ({
      scopes: t.field({
        type: t.listRef(t.listRef('String')),
        description:
          'The scopes that the operation requires: all scopes of at least one inner list. The lists are minimal: none includes all scopes of another. `[[]]`: no scope is needed, but a credential is, unless `fields` is empty.',
        resolve: ({ scopes }) => mutable(scopes),
      }),
      missing: t.stringList({
        description:
          'The scopes that the caller lacks from one list in `scopes`, the one from which it lacks the fewest. Empty if the caller has all scopes of a list.',
        resolve: ({ missing }) => [...missing],
      }),
      fields: t.field({
        type: [ScopedFieldRef],
        description:
          'All fields of the operation that require a credential or scopes, sorted by coordinate.',
        resolve: ({ fields }) => [...fields],
      }),
    }),
  })
}

function scopesOf(
  schema: GraphQLSchema,
  { principal, services }: ResolverContext,
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

function mutable(requirement: ScopeRequirement): string[][] {
  return requirement.map((list) => [...list])
}
