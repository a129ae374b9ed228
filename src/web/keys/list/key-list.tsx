import { KeyRound, Plus, SearchX } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { configuration } from '../configuration.ts'
import { useQuery } from '../graphql/use-query.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { EmptyState, ErrorState } from '../kit/states.tsx'
import { useLiveKeys } from '../live/use-live-keys.ts'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { KeyTable, KeyTableSkeleton } from './key-table.tsx'
import { type ListState, useListState, variablesOf } from './list-state.ts'
import { Pager } from './pager.tsx'
import { KeyListQuery, type KeyRow } from './queries.ts'
import { SelectionBar } from './selection-bar.tsx'
import { Toolbar } from './toolbar.tsx'

const HealthCards = lazy(() => import('../health/health-cards.tsx'))
const RevokeKeys = lazy(() => import('./revoke-keys.tsx'))

export function KeyList() {
  const [state, change] = useListState()
  return (
    <Page
      title={m.list.title}
      lead={m.list.lead}
      actions={
        <ButtonLink href="/new" look="primary" icon={<Plus aria-hidden />}>
          {m.list.create}
        </ButtonLink>
      }
    >
      <Keys state={state} onChange={change} />
    </Page>
  )
}

function Keys(props: {
  readonly state: ListState
  onChange: (change: Partial<ListState>) => void
}) {
  const { state, onChange } = props
  const variables = variablesOf(state)
  const [{ data, failure, fetching }, reload] = useQuery({
    query: KeyListQuery,
    variables,
    requestPolicy: 'cache-and-network',
  })
  useLiveKeys(reload)
  const keys = data?.apiKeys.nodes
  const isOther = useIsOther(JSON.stringify(variables), fetching)
  const isFiltered = state.search !== '' || state.status !== null
  const isPaged = state.after !== null || state.before !== null

  if (failure !== null) return <ErrorState failure={failure} onRetry={reload} />
  if (keys?.length === 0 && !isFiltered && !isPaged && !isOther) return <FirstKey />
  return (
    <>
      <Toolbar state={state} onChange={onChange} />
      {keys === undefined || (keys.length === 0 && isOther) ? (
        <KeyTableSkeleton />
      ) : keys.length === 0 ? (
        <NoMatch onClear={() => onChange({ search: '', status: null })} />
      ) : (
        <SelectableKeys keys={keys} isStale={isOther} onRevoked={reload} />
      )}
      {data !== undefined && keys?.length !== 0 && (
        <Pager total={data.apiKeys.totalCount} page={data.apiKeys.pageInfo} onChange={onChange} />
      )}
      {data !== undefined && (
        <Suspense>
          <HealthCards />
        </Suspense>
      )}
    </>
  )
}

/** Whether the shown keys are still those of earlier variables. */
function useIsOther(variables: string, isFetching: boolean): boolean {
  const shown = useRef(variables)
  useEffect(() => {
    if (!isFetching) shown.current = variables
  }, [variables, isFetching])
  return isFetching && shown.current !== variables
}

function SelectableKeys(props: {
  readonly keys: readonly KeyRow[]
  readonly isStale: boolean
  readonly onRevoked: () => void
}) {
  const { keys, isStale, onRevoked } = props
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [revoking, setRevoking] = useState<readonly KeyRow[]>([])
  const selected = useMemo(
    () => keys.filter(({ id, status }) => chosen.has(id) && status !== 'REVOKED'),
    [keys, chosen],
  )

  return (
    <>
      <KeyTable
        keys={keys}
        selected={new Set(selected.map(({ id }) => id))}
        isStale={isStale}
        onSelect={setChosen}
        onRevoke={(key) => setRevoking([key])}
      />
      {selected.length > 0 && (
        <SelectionBar
          count={selected.length}
          onClear={() => setChosen(new Set())}
          onRevoke={() => setRevoking(selected)}
        />
      )}
      <Suspense>
        {revoking.length > 0 && (
          <RevokeKeys
            keys={revoking}
            onClose={() => setRevoking([])}
            onRevoked={() => {
              setRevoking([])
              setChosen(new Set())
              onRevoked()
            }}
          />
        )}
      </Suspense>
    </>
  )
}

function FirstKey() {
  return (
    <EmptyState
      icon={<KeyRound aria-hidden />}
      title={m.list.emptyTitle}
      action={
        <ButtonLink href="/new" look="primary" icon={<Plus aria-hidden />}>
          {m.list.emptyAction}
        </ButtonLink>
      }
    >
      {m.list.emptyText(configuration.maxPerUser)}
    </EmptyState>
  )
}

function NoMatch({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState
      icon={<SearchX aria-hidden />}
      title={m.list.noMatchTitle}
      action={<Button onPress={onClear}>{m.list.clearFilters}</Button>}
    >
      {m.list.noMatchText}
    </EmptyState>
  )
}
