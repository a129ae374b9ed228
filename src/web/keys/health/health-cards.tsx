import {
  CalendarClock,
  CircleCheck,
  Infinity as Endless,
  History,
  Moon,
  Scissors,
  UserX,
} from 'lucide-react'
import { useId } from 'react'
import { Link } from 'wouter'
import { useQuery } from '../graphql/use-query.ts'
import { EmptyState, ErrorState, Skeleton } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { type FindingKind, HealthQuery } from './queries.ts'

const icons: Readonly<Record<FindingKind, typeof Moon>> = {
  EXPIRES_SOON: CalendarClock,
  IDLE: Moon,
  NEVER_EXPIRES: Endless,
  OWNER_SUSPENDED: UserX,
  PREVIOUS_SECRET_USED: History,
  UNUSED_SCOPES: Scissors,
}

/** The problems of the keys of the person. They are below the list, so that nothing moves when they appear. */
export default function HealthCards() {
  const [{ data }] = useQuery({ query: HealthQuery, requestPolicy: 'cache-and-network' })
  return <Cards findings={data?.keyHealth.findings ?? []} path="/health" />
}

/** The problems of the keys of all users. */
export function HealthOfAll() {
  const [{ data, failure }, reload] = useQuery({
    query: HealthQuery,
    variables: { allUsers: true },
    requestPolicy: 'cache-and-network',
  })
  if (failure !== null) {
    return <ErrorState failure={failure} onRetry={reload} />
  }
  if (data === undefined) return <Skeleton />
  const { findings } = data.keyHealth
  return findings.some(({ count }) => count > 0) ? (
    <Cards findings={findings} path="/admin/health" />
  ) : (
    <EmptyState icon={<CircleCheck aria-hidden />} title={m.health.allWell}>
      {m.health.noneText}
    </EmptyState>
  )
}

function Cards(props: {
  readonly findings: readonly { readonly kind: FindingKind; readonly count: number }[]
  /** The path of a finding without its kind. */
  readonly path: string
}) {
  const { findings, path } = props
  const id = useId()
  const found = findings.filter(({ count }) => count > 0)
  if (found.length === 0) return null
  return (
    <section className="health" aria-labelledby={id}>
      <h2 id={id}>{m.health.title}</h2>
      <ul className="health-cards">
        {found.map(({ kind, count }) => {
          const Icon = icons[kind]
          return (
            <li key={kind}>
              <Link href={`${path}/${kind}`} className="card health-card">
                <Icon aria-hidden />
                <span>
                  <strong>{m.health.kinds[kind]}</strong>
                  <span className="muted numbers">{m.health.count(count)}</span>
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
