import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import { analyseOperation } from './analysis.ts'
import type { Variables } from './condition.ts'
import type { Evaluation } from './evaluation.ts'

export interface RequiredScopesOptions {
  /** May be left out where the document has one operation. */
  readonly operationName?: string | null
  /**
   * As a request would send them. Where `@skip` or `@include` needs one that is neither here nor has
   * a default, both outcomes count. `'any'`: both outcomes of all of them count.
   */
  readonly variables?: Variables
  /** Validation rules beside those of the GraphQL specification, such as limits. */
  readonly rules?: readonly ValidationRule[]
  /** Longer documents are refused. Default: no limit. */
  readonly maxTokens?: number
  /** Leave "Did you mean …?" out of the errors, which tells what the schema has. Default: false. */
  readonly hideSuggestions?: boolean
}

export type RequiredScopes =
  | { readonly ok: true; readonly evaluation: Evaluation }
  | { readonly ok: false; readonly errors: readonly GraphQLError[] }

/**
 * The least privilege that an operation needs, without executing it: or what is wrong with the
 * document, with locations. At most 100 errors.
 */
export function requiredScopes(
  schema: GraphQLSchema,
  source: string,
  options: RequiredScopesOptions = {},
): RequiredScopes {
  try {
    const document = parse(source, options.maxTokens ? { maxTokens: options.maxTokens } : {})
    const { hideSuggestions = false, rules = [] } = options
    const invalid = validate(schema, document, [...specifiedRules, ...rules], { hideSuggestions })
    if (invalid.length > 0) return { ok: false, errors: invalid }
    const operation = chosenOperation(document, options.operationName)
    const unfit = faultsOf(options.variables, schema, operation, hideSuggestions)
    if (unfit.length > 0) return { ok: false, errors: unfit }
    const analysis = analyseOperation(schema, document, operation.name?.value)
    if (analysis === null) throw new GraphQLError('The document has no such operation.')
    return { ok: true, evaluation: analysis.evaluate(options.variables) }
  } catch (error) {
    if (error instanceof GraphQLError) return { ok: false, errors: [error] }
    throw error
  }
}

function chosenOperation(
  document: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  const [first, ...others] = operations
  if (first === undefined) throw new GraphQLError('The document has no operation.')
  if (name === null || name === undefined) {
    if (others.length === 0) return first
    throw new GraphQLError('The document has several operations: name one of them.', {
      nodes: operations,
    })
  }
  const named = operations.find((operation) => operation.name?.value === name)
  if (named === undefined) {
    throw new GraphQLError(`The document has no operation named ${JSON.stringify(name)}.`)
  }
  return named
}

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
  return getVariableValues(schema, sent, variables, { hideSuggestions }).errors ?? []
}
