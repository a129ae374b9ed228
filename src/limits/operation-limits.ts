/** How large an operation may be. */
export interface OperationLimits {
  /** Of the whole document: names, values and punctuation. */
  readonly tokens: number
  /** Fields within fields. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /**
   * The most fields that the answer could hold: each counts one, and everything in a list as often as
   * `first` or `last` says, a variable as the largest page and neither as the usual one.
   */
  readonly cost: number
}

/** Enough for the usual introspection query, which is 15 deep, and for three full pages of 100. */
export const defaultOperationLimits: OperationLimits = {
  tokens: 2000,
  depth: 16,
  aliases: 30,
  directives: 50,
  cost: 10_000,
}
