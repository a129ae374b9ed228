/** How large an operation may be. */
export interface OperationLimits {
  /** Of the whole document: names, values and punctuation. */
  readonly tokens: number
  /** The same for requests without a credential; never more than `tokens`. */
  readonly anonymousTokens: number
  /** Fields within fields. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /**
   * The most fields that the answer could hold: each counts one or its weight, everything in a list as
   * often as `first`, `last` or a list of arguments says, and each element of such a list one.
   */
  readonly cost: number
}

/** Enough for the usual introspection query, which is 15 deep, and for three full pages of 100. */
export const defaultOperationLimits: OperationLimits = {
  tokens: 2000,
  anonymousTokens: 1000,
  depth: 16,
  aliases: 30,
  directives: 50,
  cost: 10_000,
}
