import {
  type DocumentNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import { booleanFor, conditionVariables, type Variables } from './condition.ts'
import type { DynamicGuard, ResolvedGuard } from './dynamic-guard.ts'
import { type Evaluation, evaluatePlan, nothingGuarded } from './evaluation.ts'
import type { Arguments } from './field-rules.ts'
import type { Fragments } from './payload-fields.ts'
import { type Plan, planOperation } from './plan.ts'

/** An analysed operation, before its variables are known. */
export interface Analysis {
  readonly operation: OperationDefinitionNode
  /** The number of selections that were visited. It grows linearly with the length of the document. */
  readonly steps: number
  /**
   * Returns the requirements of the operation with these variables. Cached; does not change its argument.
   *
   * @param areCoerced whether the variables are coerced, as resolvers see them. Default: they are as sent
   */
  evaluate(variables: Variables, areCoerced?: boolean): Evaluation
}

interface CachedAnalysis {
  readonly schema: GraphQLSchema
  readonly operationName: string | null
  readonly analysis: Analysis
}

/** Nearly every document has one analysis, so a search through the list is fast. */
const analyses = new WeakMap<DocumentNode, CachedAnalysis[]>()

/**
 * Finds the guarded fields that an operation reaches. The result is cached by schema, document object and
 * operation name, as long as the document object lives.
 *
 * @param document must be valid against the schema
 * @returns `null` if the document has no such operation, or several operations and no name is given
 */
export function analyseOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName?: string | null,
): Analysis | null {
  const name = operationName ?? null
  let ofDocument = analyses.get(document)
  if (ofDocument === undefined) {
    ofDocument = []
    analyses.set(document, ofDocument)
  }
  for (const known of ofDocument) {
    if (known.operationName === name && known.schema === schema) return known.analysis
  }
  const operation = getOperationAST(document, name)
  // The absence of a name is not cached: callers can invent any number of names.
  if (!operation) return null
  const fragments = fragmentsOf(document)
  const analysis = new PlannedAnalysis(schema, planOperation(schema, operation, fragments))
  ofDocument.push({ schema, operationName: name, analysis })
  return analysis
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((node) => [node.name.value, node]))
}

/** An operation that is being executed, as the `info` of resolvers describes it. */
export type ExecutedOperation = Pick<GraphQLResolveInfo, 'schema' | 'operation' | 'fragments'>

interface CachedExecution {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  readonly analysis: Analysis
}

const executed = new WeakMap<OperationDefinitionNode, CachedExecution[]>()

/**
 * Like {@link analyseOperation}, for resolvers, which see the operation and its fragments and not the document.
 * The result is cached by schema and operation as long as the operation object lives, and only while the
 * fragments are the same objects.
 */
export function analyseExecution({ schema, operation, fragments }: ExecutedOperation): Analysis {
  const known = executed.get(operation) ?? []
  const found = known.find((one) => one.schema === schema && hasSame(one.fragments, fragments))
  if (found !== undefined) return found.analysis
  const own = new Map(Object.entries(fragments))
  const analysis = new PlannedAnalysis(schema, planOperation(schema, operation, own))
  const others = known.filter((one) => one.schema !== schema)
  executed.set(operation, [...others, { schema, fragments: own, analysis }])
  return analysis
}

function hasSame(known: Fragments, fragments: ExecutedOperation['fragments']): boolean {
  let count = 0
  for (const name in fragments) {
    if (known.get(name) !== fragments[name]) return false
    count += 1
  }
  return count === known.size
}

/** The maximum number of evaluations that are cached for one operation. */
const maximumEvaluations = 32

class PlannedAnalysis implements Analysis {
  readonly operation: OperationDefinitionNode
  readonly steps: number
  readonly #schema: GraphQLSchema
  readonly #plan: Plan
  readonly #evaluations = new Map<string, Evaluation>()
  #unconditional: Evaluation | null = null

  constructor(schema: GraphQLSchema, plan: Plan) {
    this.operation = plan.operation
    this.steps = plan.steps
    this.#schema = schema
    this.#plan = plan
    if (plan.root === null) {
      this.#unconditional = nothingGuarded
    } else if (plan.variables.length === 0 && plan.dynamicGuards.length === 0) {
      this.#unconditional = evaluatePlan(plan, () => undefined, new Map())
    }
  }

  evaluate(variables: Variables, areCoerced = false): Evaluation {
    if (this.#unconditional !== null) return this.#unconditional
    const values = new Map<string, boolean | undefined>()
    let cacheKey: string | null = ''
    for (const variable of this.#plan.variables) {
      const value = booleanFor(variable, variables)
      values.set(variable.name, value)
      cacheKey += value === undefined ? '?' : value ? '1' : '0'
    }
    const resolvedGuards = this.#resolvedGuards(variables, areCoerced)
    for (const { key } of resolvedGuards.values()) {
      cacheKey = key === null || cacheKey === null ? null : `${cacheKey} ${key}`
    }
    const known = cacheKey === null ? undefined : this.#evaluations.get(cacheKey)
    if (known !== undefined) return known
    const outcomeOf = (name: string) =>
      // A variable that decides only about fields of a payload is not among the plan's variables.
      values.has(name) ? values.get(name) : this.#booleanOf(name, variables)
    const evaluation = evaluatePlan(this.#plan, outcomeOf, resolvedGuards)
    if (cacheKey !== null && this.#evaluations.size < maximumEvaluations) {
      this.#evaluations.set(cacheKey, evaluation)
    }
    return evaluation
  }

  #booleanOf(name: string, variables: Variables): boolean | undefined {
    const [variable] = conditionVariables([name], this.operation)
    return variable && booleanFor(variable, variables)
  }

  #resolvedGuards(
    variables: Variables,
    areCoerced: boolean,
  ): ReadonlyMap<DynamicGuard, ResolvedGuard> {
    const { dynamicGuards, operation } = this.#plan
    if (dynamicGuards.length === 0) return new Map()
    const coerced =
      areCoerced && variables !== 'any'
        ? (variables ?? {})
        : coercedVariables(this.#schema, operation, variables)
    const values = { variables, coerced, areCoerced }
    return new Map(dynamicGuards.map((one) => [one, one.evaluate(values)]))
  }
}

function coercedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
): Arguments | null {
  if (variables === 'any') return variableDefinitions.length === 0 ? {} : null
  // Execution reports the errors in the variables; here the first one ends the coercion.
  const options = { maxErrors: 0, hideSuggestions: true }
  return getVariableValues(schema, variableDefinitions, variables ?? {}, options).coerced ?? null
}
