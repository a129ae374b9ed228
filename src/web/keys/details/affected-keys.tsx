import type { VariablesOf } from 'gql.tada'
import { useQuery } from 'urql'
import { failureOf } from '../graphql/failure.ts'
import { isInUse } from '../kit/confirmation.tsx'
import { LastUse } from '../kit/last-use.tsx'
import { ErrorState, Skeleton } from '../kit/states.tsx'
import { UsedScopesLine, usesOf } from '../kit/used-scopes.tsx'
import { m } from '../messages/current.ts'
import { ConsequencesQuery } from './queries.ts'

/** A mutation and its input. */
export type Change = VariablesOf<typeof ConsequencesQuery>['of']

type Result = NonNullable<ReturnType<typeof useConsequences>['keys']>

/**
 * Predicts what a change does to keys. With `isPaused` it predicts nothing.
 *
 * @returns `keys`: undefined while they are not known, null if the caller may not read them; `missing`: the scopes
 * that this needs
 */
export function useConsequences(change: Change, { isPaused = false } = {}) {
  const [{ data, error, fetching }, reload] = useQuery({
    query: ConsequencesQuery,
    variables: { of: change },
    requestPolicy: 'network-only',
    pause: isPaused,
  })
  const failure = fetching ? null : failureOf(error)
  const found = fetching || data === undefined ? undefined : data.consequences
  const isForbidden = failure?.code === 'FORBIDDEN'
  const isKnown = failure === null && found !== undefined
  return {
    keys: isForbidden ? null : isKnown ? (found?.keys ?? null) : undefined,
    failure: isForbidden ? null : failure,
    missing: isForbidden ? failure.missingScopes : ['read:keys', 'manage:keys', 'read:users'],
    reload: () => reload({ requestPolicy: 'network-only' }),
  }
}

/** Whether a program used a key within the last day. Keys that are not listed count as used, because nobody knows. */
export function isAnyInUse({ keys }: ReturnType<typeof useConsequences>): boolean {
  if (keys == null) return false
  const { nodes, totalCount } = keys
  return totalCount > nodes.length || nodes.some(({ apiKey }) => isInUse(apiKey.lastUsedAt))
}

/** The keys that a change stops or narrows, with the scopes that they lose and when these were used. */
export function AffectedKeys({ found }: { readonly found: ReturnType<typeof useConsequences> }) {
  const { keys, failure, missing, reload } = found
  if (failure !== null) return <ErrorState failure={failure} onRetry={reload} />
  return (
    <div className="stack-small" aria-live="polite">
      {keys === undefined ? (
        <Skeleton width="60%" />
      ) : keys === null ? (
        <p className="note" data-tone="warning">
          {m.admin.consequencesUnknown(missing)}
        </p>
      ) : keys.nodes.length === 0 ? (
        <p className="muted">{m.admin.affectsNone}</p>
      ) : (
        <Listed keys={keys} />
      )}
    </div>
  )
}

function Listed({ keys: { nodes, totalCount } }: { readonly keys: Result }) {
  return (
    <>
      <p>{m.admin.affects(totalCount)}</p>
      <ul className="revoke-list" tabIndex={nodes.length > 1 ? 0 : undefined}>
        {nodes.map(({ apiKey: { id, name, lastUsedAt }, stops, lostScopes }) => (
          <li key={id}>
            <div className="revoke-key">
              <bdi>{name}</bdi>
              <span className="muted">
                <LastUse at={lastUsedAt} />
              </span>
            </div>
            <p className="revoke-more muted">
              {stops ? m.admin.keyStops : m.admin.keyLoses(lostScopes.map(({ scope }) => scope))}
            </p>
            <UsedScopesLine uses={usesOf(lostScopes)} />
          </li>
        ))}
        {totalCount > nodes.length && (
          <li className="muted">{m.details.andMore(totalCount - nodes.length)}</li>
        )}
      </ul>
    </>
  )
}
