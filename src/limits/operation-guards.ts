import type { GraphQLError } from 'graphql'
import { type ChosenOperation, createCostLimit } from './cost-limit.ts'
import { createDocumentReader, type DocumentReader } from './document-reader.ts'
import type { PageSizes } from './field-costs.ts'
import type { OperationLimits } from './operation-limits.ts'
import { limitRules } from './rules.ts'

/** The limits at work: what documents and operations pass before more work goes into them. */
export interface OperationGuards {
  readonly anonymous: DocumentReader
  /** For callers with a valid credential: larger documents, and suggestions in errors. */
  readonly authenticated: DocumentReader
  /** Why a valid operation costs too much with its variables; `null` where it does not. */
  costError(operation: ChosenOperation): GraphQLError | null
}

const megabyte = 2 ** 20
/** Documents of anonymous callers have a cache of their own, so that they evict nothing else. */
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
