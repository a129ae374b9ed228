import { BadUserInputError } from '../errors.ts'
import { lastInstant } from '../last-date.ts'
import type { Page, PageRequest, Position } from '../pagination.ts'

/** Arguments of a Relay connection (Relay Cursor Connections §4). */
export interface ConnectionArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

export interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

export interface Connection<T> {
  readonly edges: { readonly cursor: string; readonly node: T }[]
  readonly pageInfo: PageInfo
  /** Queries the database, so it is called only if the field is selected. */
  readonly totalCount: () => number | Promise<number>
}

/** The number of rows on a page without `first` and `last`. */
export const defaultPageSize = 20
/** The highest value of `first` and `last`. */
export const maxPageSize = 100

/**
 * @param isId whether a row of this list can have that id
 * @throws BadUserInputError that names the invalid argument
 */
export function pageRequest(args: ConnectionArguments, isId: (id: string) => boolean): PageRequest {
  const { first, last, after, before } = args
  if (first != null && last != null) {
    throw new BadUserInputError('last', 'Send `first` or `last`, not both.')
  }
  return {
    limit: pageSize('last', last) ?? pageSize('first', first) ?? defaultPageSize,
    after: position('after', after, isId),
    before: position('before', before, isId),
    fromEnd: last != null,
  }
}

export function connection<T extends { readonly id: string }>(
  page: Page<T>,
  request: PageRequest,
  at: (row: T) => Date,
  totalCount: () => number | Promise<number>,
): Connection<T> {
  const edges = page.rows.map((node) => ({
    cursor: encodeCursor({ at: at(node), id: node.id }),
    node,
  }))
  const beyond = { before: request.after !== null, after: request.before !== null }
  return {
    edges,
    pageInfo: {
      hasNextPage: request.fromEnd ? beyond.after : page.more,
      hasPreviousPage: request.fromEnd ? page.more : beyond.before,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  }
}

export function emptyConnection<T>(): Connection<T> {
  return {
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    totalCount: () => 0,
  }
}

/** Characters. Valid cursors are shorter; a request may contain half a megabyte and use it many times. */
const maxCursorLength = 200

/** Encodes a cursor, which is opaque to clients: base64url of `<milliseconds>:<id>`. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(`${at.getTime()}:${id}`).toString('base64url')
}

export function decodeCursor(cursor: string): Position | null {
  if (cursor.length > maxCursorLength) return null
  const match = /^(\d{1,15}):([0-9A-Za-z-]{1,64})$/.exec(
    Buffer.from(cursor, 'base64url').toString(),
  )
  const [, milliseconds, id] = match ?? []
  if (milliseconds === undefined || id === undefined) return null
  if (Number(milliseconds) > lastInstant) return null
  return { at: new Date(Number(milliseconds)), id }
}

function pageSize(field: string, size: number | null | undefined): number | null {
  if (size == null) return null
  if (size < 0 || size > maxPageSize) {
    throw new BadUserInputError(field, `\`${field}\` must be between 0 and ${maxPageSize}.`)
  }
  return size
}

function position(
  field: string,
  cursor: string | null | undefined,
  isId: (id: string) => boolean,
): Position | null {
  if (cursor == null) return null
  const decoded = decodeCursor(cursor)
  if (decoded === null || !isId(decoded.id)) {
    throw new BadUserInputError(field, `\`${field}\` is not a cursor of this list.`)
  }
  return decoded
}
