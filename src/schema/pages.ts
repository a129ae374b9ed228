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

/** The form of the sort value of a row in a cursor. */
export interface CursorForm<Value> {
  encode(value: Value): string
  /** Returns `undefined` for a text that is not such a value. */
  decode(text: string): Value | undefined
}

/** The form of times: milliseconds since the epoch. */
export const timeForm: CursorForm<Date> = {
  encode: (at) => String(at.getTime()),
  decode: (text) =>
    /^\d{1,15}$/.test(text) && Number(text) <= lastInstant ? new Date(Number(text)) : undefined,
}

/**
 * @param isId whether a row of this list can have that id
 * @throws BadUserInputError that names the invalid argument
 */
export function pageRequest(
  args: ConnectionArguments,
  isId: (id: string) => boolean,
): PageRequest<Date>
/** @param form the form of the sort values of the list */
export function pageRequest<Value>(
  args: ConnectionArguments,
  isId: (id: string) => boolean,
  form: CursorForm<Value>,
): PageRequest<Value>
export function pageRequest(
  args: ConnectionArguments,
  isId: (id: string) => boolean,
  form: CursorForm<unknown> = timeForm as CursorForm<unknown>,
): PageRequest<unknown> {
  const { first, last, after, before } = args
  if (first != null && last != null) {
    throw new BadUserInputError('last', 'Send `first` or `last`, not both.')
  }
  return {
    limit: pageSize('last', last) ?? pageSize('first', first) ?? defaultPageSize,
    after: position('after', after, isId, form),
    before: position('before', before, isId, form),
    fromEnd: last != null,
  }
}

/** @param at returns the value by which the list is sorted */
export function connection<T extends { readonly id: string }, Value = Date>(
  page: Page<T>,
  request: PageRequest<Value>,
  at: (row: T) => Value,
  totalCount: () => number | Promise<number>,
  form: CursorForm<Value> = timeForm as unknown as CursorForm<Value>,
): Connection<T> {
  const edges = page.rows.map((node) => ({
    cursor: encodeCursor({ at: at(node), id: node.id }, form),
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
const maxCursorLength = 800

/** Encodes a cursor, which is opaque to clients: base64url of `<value>:<id>`. */
export function encodeCursor<Value>({ at, id }: Position<Value>, form: CursorForm<Value>): string {
  return Buffer.from(`${form.encode(at)}:${id}`).toString('base64url')
}

export function decodeCursor<Value>(
  cursor: string,
  form: CursorForm<Value>,
): Position<Value> | null {
  if (cursor.length > maxCursorLength) return null
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, encoded, id] = /^(.*):([0-9A-Za-z-]{1,64})$/s.exec(text) ?? []
  if (encoded === undefined || id === undefined) return null
  const at = form.decode(encoded)
  return at === undefined ? null : { at, id }
}

function pageSize(field: string, size: number | null | undefined): number | null {
  if (size == null) return null
  if (size < 0 || size > maxPageSize) {
    throw new BadUserInputError(field, `\`${field}\` must be between 0 and ${maxPageSize}.`)
  }
  return size
}

function position<Value>(
  field: string,
  cursor: string | null | undefined,
  isId: (id: string) => boolean,
  form: CursorForm<Value>,
): Position<Value> | null {
  if (cursor == null) return null
  const decoded = decodeCursor(cursor, form)
  if (decoded === null || !isId(decoded.id)) {
    throw new BadUserInputError(field, `\`${field}\` is not a cursor of this list.`)
  }
  return decoded
}
