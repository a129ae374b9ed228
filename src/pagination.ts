/**
 * Keyset pages in the order newest first: `(created_at, id)` descending. A cursor is the position of
 * a row in that order, so a page costs the same wherever it starts and rows made meanwhile move nothing.
 */
export interface Position {
  readonly at: Date
  readonly id: string
}

export interface PageRequest {
  /** At most this many rows. */
  readonly limit: number
  /** Only rows that come after this position in the order newest first. */
  readonly after: Position | null
  /** Only rows that come before this position in the order newest first. */
  readonly before: Position | null
  /** `true`: the last `limit` rows of that range rather than the first (still answered newest first). */
  readonly fromEnd: boolean
}

export interface Page<T> {
  /** Newest first. */
  readonly rows: readonly T[]
  /** Whether the range holds more rows than fitted, on the side that was cut. */
  readonly more: boolean
}
