import { and, asc, desc, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Page, PageRequest, Position } from '../pagination.ts'

/** The clauses of a query for one page of a table in descending order of creation. */
export interface Keyset {
  readonly where: SQL | undefined
  readonly orderBy: readonly SQL[]
  /** One row more than requested; it shows whether there are more. */
  readonly limit: number
}

/** @param toId converts the id of a position to the type of the column */
export function keyset(
  createdAt: PgColumn,
  id: PgColumn,
  page: PageRequest,
  toId: (id: string) => SQL = (text) => sql`${text}`,
): Keyset {
  const row = sql`(${createdAt}, ${id})`
  const at = (position: Position) =>
    sql`(${position.at.toISOString()}::timestamptz, ${toId(position.id)})`
  const direction = page.fromEnd ? asc : desc
  return {
    where: and(
      page.after === null ? undefined : sql`${row} < ${at(page.after)}`,
      page.before === null ? undefined : sql`${row} > ${at(page.before)}`,
    ),
    orderBy: [direction(createdAt), direction(id)],
    limit: page.limit + 1,
  }
}

/** Converts the rows that the query returned to a page. */
export function toPage<Row, T>(
  found: readonly Row[],
  page: PageRequest,
  map: (row: Row) => T,
): Page<T> {
  const rows = found.slice(0, page.limit).map(map)
  if (page.fromEnd) rows.reverse()
  return { rows, more: found.length > page.limit }
}
