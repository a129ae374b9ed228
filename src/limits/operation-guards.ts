import type { GraphQLError } from 'graphql'
import { type ChosenOperation, createCostLimit } from './cost-limit.ts'
import { createDocumentReader, type DocumentReader } from './document-reader.ts'
import type { PageSizes } from './field-costs.ts'
import type { OperationLimits } from './operation-limits.ts'
import { limitRules } from './rules.ts'

/** The checks that documents and operations must pass before execution. */
export interface OperationGuards {
  readonly anonymous: DocumentReader
  /** For callers with a valid credential: allows larger documents, and errors contain suggestions. */
  readonly authenticated: DocumentReader
  /** Returns an error if a valid operation costs too much with its variables; otherwise `null`. */
  costError(operation: ChosenOperation): GraphQLError | null
}

const megabyte = 2 ** 20
/** Documents of anonymous callers have a separate cache, so that they evict no others. */
const cacheBytes = { anonymous: 8 * megabyte, authenticated: 32 * megabyte }

export function createOperationGuards(limits: OperationLimits, pages: PageSizes): OperationGuards {
  const cost = createCostLimit(limits.cost, pages)
  const rules = [...limitRules(limits), cost.rule]
  const { tokens, anonymousTokens } = limits
  return {
    anonymous: createDocumentReader({
      maxTokens: Math.min(tokens, anonymousTokens),
      rules,
      hideSuggestions: true,
      maxBytes: cacheBytes.anonymous,
    }),
    authenticated: createDocumentReader({
      maxTokens: tokens,
      rules,
      hideSuggestions: false,
      maxBytes: cacheBytes.authenticated,
    }),
    costError: cost.errorFor,
  }
}
