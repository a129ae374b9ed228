import { CircleCheck } from 'lucide-react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { UpdateKeyMutation } from '../details/queries.ts'
import { failureOf } from '../graphql/failure.ts'
import { useAction } from '../graphql/use-action.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { EmptyState, ErrorState, FailureNote, Skeleton } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { type FindingKind, FindingQuery, type UnhealthyKey } from './queries.ts'

/** The keys with one problem, each with what mends it. */
export default function Finding({ params }: { readonly params: { readonly kind: string } }) {
  const kind = (Object.keys(m.health.kinds) as FindingKind[]).find((known) => known === params.kind)
  if (kind === undefined) {
    return <EmptyState icon={<CircleCheck aria-hidden />} title={m.notFound.title} />
  }
  return <Keys key={kind} kind={kind} />
}

function Keys({ kind }: { readonly kind: FindingKind }) {
  const [{ data, error, fetching }, reload] = useQuery({
    query: FindingQuery,
    variables: { kind },
    requestPolicy: 'cache-and-network',
  })
  const failure = failureOf(error)
  const finding = data?.keyHealth.findings[0]
  const keys = finding?.keys.nodes
  return (
    <Page
      title={m.health.kinds[kind]}
      lead={m.health.advice[kind]}
      up={{ href: '/', label: m.list.title }}
    >
      {failure !== null && !fetching ? (
        <ErrorState failure={failure} onRetry={() => reload({ requestPolicy: 'network-only' })} />
      ) : finding === undefined || keys === undefined ? (
        <Skeleton />
      ) : keys.length === 0 ? (
        <EmptyState icon={<CircleCheck aria-hidden />} title={m.health.none}>
          {m.health.noneText}
        </EmptyState>
      ) : (
        <>
          <ul className="card rows" aria-label={m.health.kinds[kind]}>
            {keys.map((key) => (
              <Row key={key.id} apiKey={key} kind={kind} />
            ))}
          </ul>
          {finding.count > keys.length && (
            <p className="rows-more muted">{m.health.shown(keys.length, finding.count)}</p>
          )}
        </>
      )}
    </Page>
  )
}

function Row({ apiKey, kind }: { readonly apiKey: UnhealthyKey; readonly kind: FindingKind }) {
  const { id, name, start, lastUsedAt } = apiKey
  return (
    <li className="row row-wide">
      <div className="row-text">
        <Link href={`/${id}`}>
          <bdi>{name}</bdi>
        </Link>
        <code className="muted">{start}</code>
      </div>
      <span className="muted">
        {lastUsedAt === null ? m.list.neverUsed : <RelativeTime at={lastUsedAt} />}
      </span>
      <Fix apiKey={apiKey} kind={kind} />
    </li>
  )
}

/** Unused scopes are removed at once. The other problems need a decision. */
function Fix({ apiKey, kind }: { readonly apiKey: UnhealthyKey; readonly kind: FindingKind }) {
  const { id, scopes, unusedScopes } = apiKey
  const { run, isPending, failure } = useAction(UpdateKeyMutation, () =>
    toast(m.details.narrowed(unusedScopes.length)),
  )
  if (kind === 'EXPIRES_SOON' || kind === 'NEVER_EXPIRES') {
    return (
      <ButtonLink size="small" href={`/new?scopes=${encodeURIComponent(scopes.join(' '))}`}>
        {m.health.replace}
      </ButtonLink>
    )
  }
  if (kind !== 'UNUSED_SCOPES') {
    return (
      <ButtonLink size="small" href={`/${id}`}>
        {m.health.look}
      </ButtonLink>
    )
  }
  const kept = scopes.filter((scope) => !unusedScopes.includes(scope))
  return (
    <>
      <Button
        size="small"
        isPending={isPending}
        onPress={() => void run({ input: { id, scopes: kept } })}
      >
        {m.health.narrow(unusedScopes.length)}
      </Button>
      <FailureNote failure={failure} />
    </>
  )
}
