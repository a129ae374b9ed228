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
  /** May be left out where the document has one operation. */
  readonly operationName?: string | null | undefined
  /**
   * As a request would send them. Where `@skip` or `@include` needs one that is neither here nor has
   * a default, both outcomes count. `'any'`: both outcomes of all of them count.
   */
  readonly variables?: Variables
  /**
   * Parses and validates: the document, or what is wrong with it. Default: by graphql-js, without a limit.
   */
  readonly read?: (schema: GraphQLSchema, source: string) => ReadDocument
  /** Why a valid operation is refused nevertheless, such as for its cost. */
  readonly refuse?: (operation: {
    readonly schema: GraphQLSchema
    readonly document: DocumentNode
    readonly operationName: string | undefined
    readonly variableValues: Readonly<Record<string, unknown>> | null
  }) => GraphQLError | null
  /** Leave "Did you mean …?" out of the errors, which tells what the schema has. Default: false. */
  readonly hideSuggestions?: boolean
}

/** A document as parsed, and what is wrong with it. */
export interface ReadDocument {
  /** `null` where it could not be parsed. */
  readonly document: DocumentNode | null
  readonly errors: readonly GraphQLError[]
}

export type RequiredScopes =
  | { readonly ok: true; readonly evaluation: Evaluation }
  | {
      readonly ok: false
      /** Which of what was given is at fault. */
      readonly about: 'document' | 'operationName' | 'variables'
      readonly errors: readonly GraphQLError[]
    }

/**
 * The least privilege that an operation needs, without executing it: or what is wrong with the
 * document, with locations.
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

/** As execution has it: each error takes time to make, and a list of variables may hold thousands. */
const maxErrors = 50

/** Only what was sent is looked at: a question about scopes need not know every value. */
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
