/**
 * The position of a row in a keyset pagination, newest first: `(created_at, id)` descending. A page costs the
 * same wherever it starts, and rows that are added meanwhile shift no page.
 */
export interface Position {
  readonly at: Date
  readonly id: string
}

export interface PageRequest {
  /** The maximum number of rows. */
  readonly limit: number
  /** Only rows after this position are returned. */
  readonly after: Position | null
  /** Only rows before this position are returned. */
  readonly before: Position | null
  /** `true`: the last `limit` rows of the range, not the first. The order is newest first all the same. */
  readonly fromEnd: boolean
}

export interface Page<T> {
  /** Newest first. */
  readonly rows: readonly T[]
  /** Whether the range contains more rows than `limit`. */
  readonly more: boolean
}
