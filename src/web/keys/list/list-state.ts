import { useSearchParams } from 'wouter'

export const sorts = ['NEWEST', 'NAME', 'LAST_USED', 'EXPIRES'] as const
export const statuses = ['ACTIVE', 'EXPIRED', 'REVOKED'] as const

export type Sort = (typeof sorts)[number]
export type Status = (typeof statuses)[number]

/** The part of the list that the person looks at. It is in the query of the address. */
export interface ListState {
  readonly search: string
  readonly status: Status | null
  readonly sort: Sort
  readonly after: string | null
  readonly before: string | null
}

const pageSize = 20

export function useListState(): readonly [ListState, (change: Partial<ListState>) => void] {
  const [parameters, setParameters] = useSearchParams()
  const state: ListState = {
    search: parameters.get('search') ?? '',
    status: statuses.find((status) => status === parameters.get('status')) ?? null,
    sort: sorts.find((sort) => sort === parameters.get('sort')) ?? 'NEWEST',
    after: parameters.get('after'),
    before: parameters.get('before'),
  }

  /** A change other than to another page begins at the first page. */
  function change(changes: Partial<ListState>) {
    const next = { ...state, after: null, before: null, ...changes }
    const entries = Object.entries({ ...next, sort: next.sort === 'NEWEST' ? null : next.sort })
    setParameters(
      new URLSearchParams(
        entries.flatMap(([name, value]) => (value == null || value === '' ? [] : [[name, value]])),
      ),
      { replace: changes.search !== undefined },
    )
  }
  return [state, change]
}

export function variablesOf({ search, status, sort, after, before }: ListState) {
  const page = before === null ? { first: pageSize, after } : { last: pageSize, before }
  return { ...page, search, status, sort }
}
