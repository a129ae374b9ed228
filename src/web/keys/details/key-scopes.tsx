import { CircleCheck, Minus, Plus, Scissors } from 'lucide-react'
import { useQuery } from 'urql'
import { failureOf } from '../graphql/failure.ts'
import { useAction } from '../graphql/use-action.ts'
import { Button } from '../kit/button.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { Tip } from '../kit/tip.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { Panel } from './panel.tsx'
import { ConsequencesQuery, type KeyDetails, UpdateKeyMutation } from './queries.ts'

/** The scopes that a key holds beside those that requests have needed. */
export function KeyScopes(props: {
  readonly apiKey: KeyDetails
  readonly mayNarrow: boolean
  /** Null if the person cannot add scopes. */
  readonly onAdd: (() => void) | null
  /** Null if the person cannot choose scopes to remove. */
  readonly onRemove: (() => void) | null
}) {
  const { apiKey, mayNarrow, onAdd, onRemove } = props
  const used = new Map(apiKey.usedScopes.map(({ scope, lastUsedAt }) => [scope, lastUsedAt]))
  const effective = new Set(apiKey.effectiveScopes)
  const isLive = apiKey.status === 'ACTIVE'
  return (
    <Panel
      title={m.details.scopes}
      lead={isLive ? m.details.scopesLead : m.details.scopesLeadPast}
      action={
        (onAdd ?? onRemove) !== null && (
          <div className="panel-actions">
            {onRemove !== null && (
              <Button size="small" icon={<Minus aria-hidden />} onPress={onRemove}>
                {m.details.removeScopes}
              </Button>
            )}
            {onAdd !== null && (
              <Button size="small" icon={<Plus aria-hidden />} onPress={onAdd}>
                {m.details.addScopes}
              </Button>
            )}
          </div>
        )
      }
    >
      <table className="scope-table">
        <thead className="hidden">
          <tr>
            <th scope="col">{m.details.scopeColumns.scope}</th>
            <th scope="col">{m.details.scopeColumns.used}</th>
          </tr>
        </thead>
        <tbody>
          {apiKey.scopes.map((scope) => (
            <ScopeUse
              key={scope}
              scope={scope}
              usedAt={used.get(scope) ?? null}
              isLive={isLive}
              isWithheld={isLive && !effective.has(scope)}
            />
          ))}
        </tbody>
      </table>
      {mayNarrow && <Narrowing apiKey={apiKey} />}
    </Panel>
  )
}

function ScopeUse(props: {
  readonly scope: string
  readonly usedAt: string | null
  /** Whether the key still works. If not, its marks have no colour. */
  readonly isLive: boolean
  readonly isWithheld: boolean
}) {
  const { scope, usedAt, isLive, isWithheld } = props
  const notUsed = isLive ? m.details.notNeeded : m.details.neverNeeded
  return (
    <tr data-used={isLive ? usedAt !== null : undefined}>
      <th scope="row">
        {usedAt !== null && isLive ? <CircleCheck aria-hidden /> : <Minus aria-hidden />}
        <code>{scope}</code>
        {isWithheld && <span className="scope-withheld">{m.details.withheld}</span>}
      </th>
      <td>{usedAt === null ? notUsed : <RelativeTime at={usedAt} />}</td>
    </tr>
  )
}

/** Removes what no request has needed. It says first which other keys lose scopes by that. */
function Narrowing({ apiKey }: { readonly apiKey: KeyDetails }) {
  const { id, unusedScopes } = apiKey
  const kept = apiKey.scopes.filter((scope) => !unusedScopes.includes(scope))
  const input = { id, scopes: kept }
  const isOffered = unusedScopes.length > 0 && kept.length > 0
  const [{ data, error }] = useQuery({
    query: ConsequencesQuery,
    variables: { of: { updateApiKey: input } },
    pause: !isOffered,
  })
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () =>
    toast(m.details.narrowed(unusedScopes.length)),
  )
  if (!isOffered) {
    return (
      <p className="panel-foot muted">
        {kept.length === 0 ? m.details.allUnused : m.details.allUsed}
      </p>
    )
  }
  // Until they are known, nothing is removed.
  const others = data && (data.consequences?.keys.nodes ?? []).filter((one) => one.apiKey.id !== id)
  return (
    <div className="panel-foot">
      <div>
        <p>
          {m.details.unused(unusedScopes.length)} <code>{unusedScopes.join(', ')}</code>
        </p>
        <p className="muted">
          {others === undefined ? (
            error === undefined && <Skeleton width="40%" />
          ) : others.length === 0 ? (
            m.details.narrowsNone
          ) : (
            <Tip text={others.map(({ apiKey: { name } }) => name).join(', ')}>
              <span>{m.details.narrowsOthers(others.length)}</span>
            </Tip>
          )}
        </p>
        <FailureNote failure={failure ?? failureOf(error)} />
      </div>
      <Button
        size="small"
        icon={<Scissors aria-hidden />}
        isPending={isPending}
        isDisabled={others === undefined}
        onPress={() => void run({ input })}
      >
        {m.details.narrow(unusedScopes.length)}
      </Button>
    </div>
  )
}
