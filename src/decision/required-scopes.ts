import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'
import { analyseOperation } from './analysis.ts'
import type { Variables } from './condition.ts'
import type { Evaluation } from './evaluation.ts'
import { parseDocument } from './parse-document.ts'

export interface RequiredScopesOptions {
  /** Required only if the document has several operations. */
  readonly operationName?: string | null | undefined
  /**
   * The variables, as a request would send them. If a variable of `@skip` or `@include` is missing and has no
   * default, both outcomes count. `'any'`: both outcomes count for all variables.
   */
  readonly variables?: Variables
  /**
   * Parses and validates the document. Default: graphql-js, without limits.
   */
  readonly read?: (schema: GraphQLSchema, source: string) => ReadDocument
  /**
   * Returns an error for a valid operation that is refused, for example because of its cost; otherwise
   * `null`.
   */
  readonly refuse?: (operation: {
    readonly schema: GraphQLSchema
    readonly document: DocumentNode
    readonly operationName: string | undefined
    readonly variableValues: Readonly<Record<string, unknown>> | null
  }) => GraphQLError | null
  /** Whether errors omit "Did you mean …?", which reveals names of the schema. Default: false. */
  readonly hideSuggestions?: boolean
}

/** A parsed document and its errors. */
export interface ReadDocument {
  /** `null` if the document could not be parsed. */
  readonly document: DocumentNode | null
  readonly errors: readonly GraphQLError[]
}

export type RequiredScopes =
  | { readonly ok: true; readonly evaluation: Evaluation }
  | {
      readonly ok: false
      /** The input that is at fault. */
      readonly about: 'document' | 'operationName' | 'variables'
      readonly errors: readonly GraphQLError[]
    }

/**
 * Returns the scopes that an operation requires, without executing it, or the errors in the document with
 * their locations.
 */
export function requiredScopes(
  schema: GraphQLSchema,
  source: string,
  options: RequiredScopesOptions = {},
): RequiredScopes {
  const { hideSuggestions = false, operationName, variables } = options
  const { document, errors } = options.read
    ? options.read(schema, source)
    : readByGraphQLJs(schema, source, hideSuggestions)
  if (document === null || errors.length > 0) return { ok: false, about: 'document', errors }
  const operation = chosenOperation(document, operationName)
  if (operation instanceof GraphQLError) {
    return { ok: false, about: 'operationName', errors: [operation] }
  }
  const unfit = faultsOf(variables, schema, operation, hideSuggestions)
  if (unfit.length > 0) return { ok: false, about: 'variables', errors: unfit }
  const refused = options.refuse?.({
    schema,
    document,
    operationName: operation.name?.value,
    variableValues: variables === 'any' ? null : (variables ?? null),
  })
  if (refused) return { ok: false, about: 'document', errors: [refused] }
  const analysis = analyseOperation(schema, document, operation.name?.value)
  if (analysis === null) throw new Error('The chosen operation is missing from the document.')
  return { ok: true, evaluation: analysis.evaluate(variables) }
}

function readByGraphQLJs(
  schema: GraphQLSchema,
  source: string,
  hideSuggestions: boolean,
): ReadDocument {
  try {
    const document = parseDocument(source)
    return { document, errors: validate(schema, document, undefined, { hideSuggestions }) }
  } catch (error) {
    if (error instanceof GraphQLError) return { document: null, errors: [error] }
    throw error
  }
}

function chosenOperation(
  document: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode | GraphQLError {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  const [first, ...others] = operations
  if (first === undefined) return new GraphQLError('The document has no operation.')
  if (name === null || name === undefined) {
    if (others.length === 0) return first
    return new GraphQLError('The document has several operations: name one of them.', {
      nodes: operations,
    })
  }
  const named = operations.find((operation) => operation.name?.value === name)
  return named ?? new GraphQLError(`The document has no operation named ${JSON.stringify(name)}.`)
}

/** The limit of execution too. Each error takes time to create, and a list of variables may have thousands. */
const maxErrors = 50

/** Checks only the variables that were sent, because scopes can be determined without the others. */
function faultsOf(
  variables: Variables,
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  hideSuggestions: boolean,
): readonly GraphQLError[] {
  if (!variables || variables === 'any') return []
  const sent = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    Object.hasOwn(variables, variable.name.value),
  )
  return getVariableValues(schema, sent, variables, { hideSuggestions, maxErrors }).errors ?? []
}
