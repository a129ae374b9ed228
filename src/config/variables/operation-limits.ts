import { defaultOperationLimits } from '../../limits/operation-limits.ts'
import { wholeNumber } from '../readers.ts'
import type { Definition } from './definition.ts'

export const limitVariables = {
  OPERATION_MAX_TOKENS: {
    meaning:
      'The maximum number of tokens (names, values and punctuation) in a GraphQL document; also the maximum number of its lines.',
    default: String(defaultOperationLimits.tokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_TOKENS_ANONYMOUS: {
    meaning:
      'The maximum number of tokens for requests without a credential. It cannot raise OPERATION_MAX_TOKENS.',
    default: String(defaultOperationLimits.anonymousTokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_DEPTH: {
    meaning:
      'The maximum depth of nested fields in an operation. The usual introspection query has a depth of 15.',
    default: String(defaultOperationLimits.depth),
    read: wholeNumber(1, 1_000),
  },
  OPERATION_MAX_ALIASES: {
    meaning:
      'The maximum number of aliases in an operation. Those of a fragment count each time that it is spread.',
    default: String(defaultOperationLimits.aliases),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_DIRECTIVES: {
    meaning:
      'The maximum number of directives in an operation. Those of a fragment count each time that it is spread.',
    default: String(defaultOperationLimits.directives),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_COST: {
    meaning:
      'The maximum cost of an operation: the number of fields that its response can hold. A field below a list or page counts once per element.',
    default: String(defaultOperationLimits.cost),
    read: wholeNumber(1, 1_000_000_000),
  },
} as const satisfies Record<string, Definition>
