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

/** What is known of an operation before its variables are. */
export interface Analysis {
  readonly operation: OperationDefinitionNode
  /** How many selections were looked at: grows with the document's length, never faster. */
  readonly steps: number
  /** What the operation needs with these variables. Cached; does not change what it is given. */
  evaluate(variables: Variables): Evaluation
}

interface CachedAnalysis {
  readonly schema: GraphQLSchema
  readonly operationName: string | null
  readonly analysis: Analysis
}

/** Nearly always one to a document, so that a look through the list is all it costs. */
const analyses = new WeakMap<DocumentNode, CachedAnalysis[]>()

/**
 * Finds out which guarded fields an operation reaches. Done once for each schema, document object and
 * operation name, and cached as long as the document object lives.
 *
 * @param document must be valid against the schema
 * @returns `null` when the document has no such operation, or several and none was named
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
  // A name that is not there is not cached: callers could invent them without end.
  if (!operation) return null
  const analysis = new PlannedAnalysis(schema, planOperation(schema, document, operation))
  ofDocument.push({ schema, operationName: name, analysis })
  return analysis
}

/** Evaluations that are cached for each operation. */
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
      // What a payload tells may be left out by variables that decide nothing else.
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
  // Execution says what is wrong with them, up to a number of errors; here the first ends it.
  const options = { maxErrors: 0, hideSuggestions: true }
  return getVariableValues(schema, variableDefinitions, variables ?? {}, options).coerced ?? null
}
