import { costLimitRule } from '@escape.tech/graphql-armor-cost-limit'
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives'
import {
  GraphQLError,
  type OperationDefinitionNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'
import type { OperationLimits } from './operation-limits.ts'
import { type PageSizes, withPageSizes } from './page-sizes.ts'

interface Handlers {
  readonly onReject: (() => void)[]
  readonly propagateOnRejection: false
}

interface Counter {
  readonly OperationDefinition: Record<string, (operation: OperationDefinitionNode) => void>
}

type Limit = Exclude<keyof OperationLimits, 'tokens'>
type CounterOf = (
  maximum: number,
  handlers: Handlers,
  pages: PageSizes,
) => (context: ValidationContext) => Counter

/** Introspection counts as well (but for its cost): it can go round in circles. */
const counters: Record<Limit, CounterOf> = {
  depth: (n, handlers) =>
    maxDepthRule({ n, flattenFragments: true, ignoreIntrospection: false, ...handlers }),
  aliases: (n, handlers) => maxAliasesRule({ n, allowList: [], ...handlers }),
  directives: (n, handlers) => maxDirectivesRule({ n, ...handlers }),
  cost: (maxCost, handlers, pages) => (context) => {
    const sized = withPageSizes(context, pages)
    const options = { maxCost, objectCost: 1, scalarCost: 1, depthCostFactor: 1 }
    const rule = costLimitRule({ ...options, flattenFragments: true, ...handlers })
    const counter = rule(sized.context)
    return {
      OperationDefinition: {
        enter: (operation) =>
          counter.OperationDefinition.enter.call(counter, sized.operation(operation)),
      },
    }
  },
}

const messages: Record<Limit, (maximum: number) => string> = {
  depth: (n) => `The operation is more than ${n} fields deep.`,
  aliases: (n) =>
    `The operation has more than ${n} aliases, counting fragments where they are spread.`,
  directives: (n) =>
    `The operation has more than ${n} directives, counting fragments where they are spread.`,
  cost: (n) =>
    `The operation could answer with more than ${n} fields. Ask for fewer of them, or for smaller pages.`,
}

/**
 * Rules to validate a document by before those of the specification, in time linear in its length.
 * Each error says which limit (`extensions.limit`) and where.
 */
export function limitRules(limits: OperationLimits, pages: PageSizes): readonly ValidationRule[] {
  return (Object.keys(counters) as Limit[]).map((limit) => limitRule(limit, limits[limit], pages))
}

function limitRule(limit: Limit, maximum: number, pages: PageSizes): ValidationRule {
  return (context) => {
    let exceeded = false
    const onReject = [
      () => {
        exceeded = true
      },
    ]
    const counterOf = counters[limit](maximum, { onReject, propagateOnRejection: false }, pages)
    const counter = counterOf(context)
    return {
      OperationDefinition(operation) {
        exceeded = false
        counter.OperationDefinition.enter?.call(counter, operation)
        if (!exceeded) return
        context.reportError(
          new GraphQLError(messages[limit](maximum), {
            nodes: operation,
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum },
          }),
        )
      },
    }
  }
}
