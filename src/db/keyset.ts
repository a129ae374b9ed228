import { and, asc, desc, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Page, PageRequest } from '../pagination.ts'

/** The order of a list: by a value, and among equal values by id. */
export interface RowOrder<Value> {
  readonly value: PgColumn | SQL
  readonly id: PgColumn
  readonly descending: boolean
  /** Converts the value of a position to the type of `value`. */
  toValue(value: Value): SQL
  /** Converts the id of a position to the type of the column. Default: the text itself. */
  readonly toId?: (id: string) => SQL
}

/** The clauses of a query for one page of a table. */
export interface Keyset {
  readonly where: SQL | undefined
  readonly orderBy: readonly SQL[]
  /** One row more than requested; it shows whether there are more. */
  readonly limit: number
}

/** Descending order of creation. @param toId as in {@link RowOrder} */
export function newestFirst(
  createdAt: PgColumn,
  id: PgColumn,
  toId?: (id: string) => SQL,
): RowOrder<Date> {
  return {
    value: createdAt,
    id,
    descending: true,
    toValue: (at) => sql`${at.toISOString()}::timestamptz`,
    ...(toId && { toId }),
  }
}

export function keyset<Value>(order: RowOrder<Value>, page: PageRequest<Value>): Keyset {
  const { value, id, descending, toValue, toId = (text) => sql`${text}` } = order
  const row = sql`(${value}, ${id})`
  const [preceding, following] = descending ? [sql`>`, sql`<`] : [sql`<`, sql`>`]
  const compare = (operator: SQL, position: PageRequest<Value>['after']) =>
    position === null
      ? undefined
      : sql`${row} ${operator} (${toValue(position.at)}, ${toId(position.id)})`
  const direction = descending === page.fromEnd ? asc : desc
  return {
    where: and(compare(following, page.after), compare(preceding, page.before)),
    orderBy: [direction(value), direction(id)],
    limit: page.limit + 1,
  }
}

/** Converts the rows that the query returned to a page. */
export function toPage<Row, T>(
  found: readonly Row[],
  page: Pick<PageRequest, 'limit' | 'fromEnd'>,
  map: (row: Row) => T,
): Page<T> {
  const rows = found.slice(0, page.limit).map(map)
  if (page.fromEnd) rows.reverse()
  return { rows, more: found.length > page.limit }
}
