import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql'
import { memoizeWeak } from '../memoize-weak.ts'
import type { PageSizes } from './field-costs.ts'
import { limitError } from './limit-error.ts'
import { CostPlanner, costOfOperation, type SentVariables } from './operation-cost.ts'

/** An operation that is about to be executed. */
export interface ChosenOperation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variableValues?: SentVariables
}

export interface CostLimit {
  /** Refuses operations that cost too much with any variables. */
  readonly rule: ValidationRule
  /** Returns an error if a valid operation costs too much with its variables; otherwise `null`. */
  errorFor(operation: ChosenOperation): GraphQLError | null
}

export function createCostLimit(maximum: number, pages: PageSizes): CostLimit {
  const costsIn = memoizeWeak((schema: GraphQLSchema) =>
    memoizeWeak((document: DocumentNode) => {
      const planner = new CostPlanner(schema, document, pages)
      return memoizeWeak((operation: OperationDefinitionNode) =>
        costOfOperation(planner, operation),
      )
    }),
  )

  const costError = (operation: OperationDefinitionNode) =>
    limitError(
      'cost',
      maximum,
      `The operation could return more than ${maximum} fields. Select fewer fields, or request smaller pages.`,
      operation,
    )
  return {
    rule: (context) => ({
      OperationDefinition(operation) {
        const { minimum } = costsIn(context.getSchema())(context.getDocument())(operation)
        if (minimum > maximum) context.reportError(costError(operation))
      },
    }),
    errorFor({ schema, document, operationName, variableValues }) {
      const operation = getOperationAST(document, operationName)
      // Execution reports the missing operation.
      if (!operation) return null
      const cost = costsIn(schema)(document)(operation).with(variableValues)
      return cost > maximum ? costError(operation) : null
    },
  }
}
