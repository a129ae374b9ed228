import { CalendarClock, Infinity as Endless, History, Moon, Scissors, UserX } from 'lucide-react'
import { useId } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
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

/** What somebody should look at. It is below the list, so that nothing moves when it appears. */
export default function HealthCards() {
  const id = useId()
  const [{ data }] = useQuery({ query: HealthQuery, requestPolicy: 'cache-and-network' })
  const found = data?.keyHealth.findings.filter(({ count }) => count > 0) ?? []
  if (found.length === 0) return null
  return (
    <section className="health" aria-labelledby={id}>
      <h2 id={id}>{m.health.title}</h2>
      <ul className="health-cards">
        {found.map(({ kind, count }) => {
          const Icon = icons[kind]
          return (
            <li key={kind}>
              <Link href={`/health/${kind}`} className="card health-card">
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
