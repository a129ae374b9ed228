import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives'
import type { OperationDefinitionNode, ValidationContext, ValidationRule } from 'graphql'
import { limitError } from './limit-error.ts'
import type { OperationLimits } from './operation-limits.ts'

interface Handlers {
  readonly onReject: (() => void)[]
  readonly propagateOnRejection: false
}

interface Counter {
  readonly OperationDefinition: Record<string, (operation: OperationDefinitionNode) => void>
}

type Limit = 'depth' | 'aliases' | 'directives'
type CounterOf = (maximum: number, handlers: Handlers) => (context: ValidationContext) => Counter

/** Introspection counts as well, because its selections can be cyclic. */
const counters: Record<Limit, CounterOf> = {
  depth: (n, handlers) =>
    maxDepthRule({ n, flattenFragments: true, ignoreIntrospection: false, ...handlers }),
  aliases: (n, handlers) => maxAliasesRule({ n, allowList: [], ...handlers }),
  directives: (n, handlers) => maxDirectivesRule({ n, ...handlers }),
}

const messages: Record<Limit, (maximum: number) => string> = {
  depth: (n) => `The operation is more than ${n} fields deep.`,
  aliases: (n) =>
    `The operation has more than ${n} aliases, counting fragments where they are spread.`,
  directives: (n) =>
    `The operation has more than ${n} directives, counting fragments where they are spread.`,
}

/**
 * Returns validation rules that run before those of the specification, in time linear in the document. Each
 * error has the name of the limit (`extensions.limit`) and a location.
 */
export function limitRules(limits: Pick<OperationLimits, Limit>): readonly ValidationRule[] {
  return (Object.keys(counters) as Limit[]).map((limit) => limitRule(limit, limits[limit]))
}

function limitRule(limit: Limit, maximum: number): ValidationRule {
  return (context) => {
    let exceeded = false
    const onReject = [
      () => {
        exceeded = true
      },
    ]
    const counter = counters[limit](maximum, { onReject, propagateOnRejection: false })(context)
    return {
      OperationDefinition(operation) {
        exceeded = false
        counter.OperationDefinition.enter?.call(counter, operation)
        if (!exceeded) return
        context.reportError(limitError(limit, maximum, messages[limit](maximum), operation))
      },
    }
  }
}
