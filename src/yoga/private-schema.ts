import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { UnauthenticatedError } from '../errors.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import { requestError } from './graphql-errors.ts'
import type { PrincipalContext } from './use-principal.ts'

/** Fields that expose the schema: introspection and the subgraph's SDL. */
const privateFields = ['__schema', '__type', '_service']

/**
 * Refuses anonymous documents that select the schema, or one of `fields` of the query type, anywhere in the
 * document.
 *
 * @returns a function that returns the whole answer to a refused operation, or `null` if it may run
 */
export function keepSchemaPrivate(
  fields: readonly string[],
): (args: ExecutionArgs) => ExecutionResult | null {
  const names = new Set([...privateFields, ...fields])
  const selectsSchema = memoizeWeak((schema: GraphQLSchema) =>
    memoizeWeak((document: DocumentNode) => selectsRootField(schema, document, names)),
  )
  return ({ schema, document, contextValue }) => {
    const { principal } = contextValue as PrincipalContext
    if (principal !== null || !selectsSchema(schema)(document)) return null
    return { errors: [requestError(new UnauthenticatedError())] }
  }
}

/**
 * Replaces errors whose messages name parts of the schema, such as validation errors (GraphQL §5) and those
 * about variable values, by one that names nothing. Errors about limits stay.
 */
export function withoutSchemaNames(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  const harmless = errors.filter(({ extensions }) => extensions.limit !== undefined)
  if (harmless.length === errors.length) return errors
  const message =
    'The operation is not valid. Send a credential to get the details, because the schema is private.'
  const extensions = { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400, spec: true } }
  return [...harmless, new GraphQLError(message, { extensions })]
}

/** Whether an error is about the value of a variable, whose type it names. */
export function isVariableError({ nodes }: GraphQLError): boolean {
  return nodes?.some(({ kind }) => kind === Kind.VARIABLE_DEFINITION) ?? false
}

function selectsRootField(
  schema: GraphQLSchema,
  document: DocumentNode,
  names: ReadonlySet<string>,
): boolean {
  const types = new TypeInfo(schema)
  let selects = false
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (names.has(name.value) && types.getParentType() === schema.getQueryType()) selects = true
      },
    }),
  )
  return selects
}
