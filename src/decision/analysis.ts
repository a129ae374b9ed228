import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql'
import { booleanFor, conditionVariables, type Variables } from './condition.ts'
import type { DynamicGuard, ResolvedGuard } from './dynamic-guard.ts'
import { type Evaluation, evaluatePlan, nothingGuarded } from './evaluation.ts'
import type { Arguments } from './field-rules.ts'
import { type Plan, planOperation } from './plan.ts'

/** An analysed operation, before its variables are known. */
export interface Analysis {
  readonly operation: OperationDefinitionNode
  /** The number of selections that were visited. It grows linearly with the length of the document. */
  readonly steps: number
  /** Returns the requirements of the operation with these variables. Cached; does not change its argument. */
  evaluate(variables: Variables): Evaluation
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
  const analysis = new PlannedAnalysis(schema, planOperation(schema, document, operation))
  ofDocument.push({ schema, operationName: name, analysis })
  return analysis
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

  evaluate(variables: Variables): Evaluation {
    if (this.#unconditional !== null) return this.#unconditional
    const values = new Map<string, boolean | undefined>()
    let cacheKey: string | null = ''
    for (const variable of this.#plan.variables) {
      const value = booleanFor(variable, variables)
      values.set(variable.name, value)
      cacheKey += value === undefined ? '?' : value ? '1' : '0'
    }
    const resolvedGuards = this.#resolvedGuards(variables)
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

  #resolvedGuards(variables: Variables): ReadonlyMap<DynamicGuard, ResolvedGuard> {
    const { dynamicGuards, operation } = this.#plan
    if (dynamicGuards.length === 0) return new Map()
    const coerced = coercedVariables(this.#schema, operation, variables)
    return new Map(dynamicGuards.map((one) => [one, one.evaluate({ variables, coerced })]))
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
