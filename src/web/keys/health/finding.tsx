import { CircleCheck } from 'lucide-react'
import { Link } from 'wouter'
import { useQuery } from '../graphql/use-query.ts'
import { LastUse } from '../kit/last-use.tsx'
import { EmptyState, ErrorState, Skeleton } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import { Fix } from './fix.tsx'
import { type FindingKind, FindingQuery, type UnhealthyKey } from './queries.ts'

/** The keys with one problem, each with a button that solves it. `isForAll`: the keys of all users. */
export default function Finding(props: {
  readonly params: { readonly kind: string }
  readonly isForAll?: boolean
}) {
  const { params, isForAll = false } = props
  const kind = (Object.keys(m.health.kinds) as FindingKind[]).find((known) => known === params.kind)
  if (kind === undefined) {
    return <EmptyState icon={<CircleCheck aria-hidden />} title={m.notFound.title} />
  }
  return <Keys key={kind} kind={kind} isForAll={isForAll} />
}

function Keys(props: { readonly kind: FindingKind; readonly isForAll: boolean }) {
  const { kind, isForAll } = props
  const [{ data, failure }, reload] = useQuery({
    query: FindingQuery,
    variables: { kind, allUsers: isForAll },
    requestPolicy: 'cache-and-network',
  })
  const finding = data?.keyHealth.findings[0]
  const keys = finding?.keys.nodes
  const up = isForAll
    ? { href: '/admin/health', label: m.admin.health }
    : { href: '/', label: m.list.title }
  return (
    <Page title={m.health.kinds[kind]} lead={m.health.advice[kind]} up={up}>
      {failure !== null ? (
        <ErrorState failure={failure} onRetry={reload} />
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
  const { id, name, start, lastUsedAt, owner } = apiKey
  return (
    <li className="row row-wide">
      <div className="row-text">
        <Link href={`/${id}`}>
          <bdi>{name}</bdi>
        </Link>
        <code className="muted">{start}</code>
        {owner !== undefined && <bdi className="muted">{owner.name ?? owner.subject}</bdi>}
      </div>
      <span className="muted">
        <LastUse at={lastUsedAt} />
      </span>
      <Fix apiKey={apiKey} kind={kind} />
    </li>
  )
}
