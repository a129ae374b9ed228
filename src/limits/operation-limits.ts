/** The limits on the size of an operation. */
export interface OperationLimits {
  /** The most tokens (names, values and punctuation) in the document. */
  readonly tokens: number
  /** The most tokens for requests without a credential; `tokens` applies as well. */
  readonly anonymousTokens: number
  /** The deepest nesting of fields. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /**
   * The most fields that the response could have. Each field counts 1 or its weight, a selection on a list as
   * often as `first`, `last` or a list in the arguments says, and each element of such a list 1.
   */
  readonly cost: number
}

/** Defaults that allow the usual introspection query, which is 15 levels deep, and three full pages of 100. */
export const defaultOperationLimits: OperationLimits = {
  tokens: 2000,
  anonymousTokens: 1000,
  depth: 16,
  aliases: 30,
  directives: 50,
  cost: 10_000,
}
