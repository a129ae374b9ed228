/**
 * The position of a row in a keyset pagination: the value by which the list is sorted, and the id of the row. A
 * page costs the same wherever it starts, and rows that are added meanwhile shift no page.
 */
export interface Position<Value = Date> {
  /** In a list that is newest first: the time of the row. */
  readonly at: Value
  readonly id: string
}

export interface PageRequest<Value = Date> {
  /** The maximum number of rows. */
  readonly limit: number
  /** Only rows after this position are returned. */
  readonly after: Position<Value> | null
  /** Only rows before this position are returned. */
  readonly before: Position<Value> | null
  /** `true`: the last `limit` rows of the range, not the first. The order of the list is the same. */
  readonly fromEnd: boolean
}

export interface Page<T> {
  /** In the order of the list. */
  readonly rows: readonly T[]
  /** Whether the range contains more rows than `limit`. */
  readonly more: boolean
}
