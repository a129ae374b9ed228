import type { PageRequest, Page as Rows } from '../pagination.ts'
import {
  type ConnectionArguments,
  type CursorForm,
  connection,
  pageRequest,
} from '../schema/pages.ts'

/** The part of a list that a call returns, as in Relay Cursor Connections. */
export interface PageInputs {
  /** How many items from the beginning: 0 to 100. Default 20. Not together with `last`. */
  readonly first?: number | null | undefined
  /** Only items after the one with this cursor. Default: from the first item. */
  readonly after?: string | null | undefined
  /** How many items from the end: 0 to 100. Not together with `first`. */
  readonly last?: number | null | undefined
  /** Only items before the one with this cursor. Default: up to the last item. */
  readonly before?: string | null | undefined
}

/** One page of a list. */
export interface Page<T> {
  readonly nodes: readonly T[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    /** The cursor of the first item, for `before`; `null` if the page is empty. */
    readonly startCursor: string | null
    /** The cursor of the last item, for `after`; `null` if the page is empty. */
    readonly endCursor: string | null
  }
  /** Counts the items of the whole list, by a query of its own. */
  totalCount(): Promise<number>
}

interface PageParts<Row, T, Value> {
  readonly isId: (id: string) => boolean
  /** The value by which the list is sorted. */
  readonly at: (row: Row) => Value
  readonly form: CursorForm<Value>
  readonly list: (request: PageRequest<Value>) => Promise<Rows<Row>>
  readonly count: () => Promise<number>
  /** Converts the rows of the page, in their order. */
  readonly view: (rows: readonly Row[]) => readonly T[] | Promise<readonly T[]>
}

/** @throws BadUserInputError that names the invalid input */
export async function readPage<Row extends { readonly id: string }, T, Value>(
  inputs: ConnectionArguments,
  { isId, at, form, list, count, view }: PageParts<Row, T, Value>,
): Promise<Page<T>> {
  const request = pageRequest(inputs, isId, form)
  const rows = await list(request)
  const { pageInfo } = connection(rows, request, at, count, form)
  return { nodes: await view(rows.rows), pageInfo, totalCount: count }
}

export function emptyPage<T>(): Page<T> {
  return {
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    totalCount: async () => 0,
  }
}
