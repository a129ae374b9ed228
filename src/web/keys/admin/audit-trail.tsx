import { SearchX } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { Event } from '../details/activity.tsx'
import { useQuery } from '../graphql/use-query.ts'
import { Button } from '../kit/button.tsx'
import { Checkbox, Select, TextField } from '../kit/fields.tsx'
import { EmptyState, ErrorState, Loading } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { ExportButton } from './export-button.tsx'
import type { AuditFilter } from './export-events.ts'
import { AuditQuery } from './queries.ts'

const step = 25
const max = 100

const followMs = 3_000

interface Filters {
  readonly type: string
  readonly actor: string
  readonly target: string
  /** Days, as `2026-11-28`. */
  readonly since: string
  readonly until: string
}

/** The events of the whole server, newest first, with filters and an export. */
export default function AuditTrail() {
  const [filters, setFilters] = useState<Filters>(none)
  const [first, setFirst] = useState(step)
  const [isFollowing, setFollowing] = useState(false)
  const filter = useMemo(() => filterOf(filters), [filters])
  const [{ data, failure, fetching }, reload] = useQuery({
    query: AuditQuery,
    variables: { first, filter },
    requestPolicy: 'cache-and-network',
  })
  const events = data?.auditEvents
  useEffect(() => {
    if (!isFollowing) return undefined
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload()
    }, followMs)
    return () => clearInterval(timer)
  }, [isFollowing, reload])

  return (
    <>
      <FilterFields filters={filters} onChange={setFilters}>
        <Checkbox isSelected={isFollowing} onChange={setFollowing}>
          {m.admin.follow}
        </Checkbox>
        <ExportButton filter={filter} />
      </FilterFields>
      {failure !== null ? (
        <ErrorState failure={failure} onRetry={reload} />
      ) : events === undefined ? (
        <Loading />
      ) : events.nodes.length === 0 ? (
        <EmptyState icon={<SearchX aria-hidden />} title={m.admin.noEvents} />
      ) : (
        <div className="card">
          <ol className="events events-alone">
            {events.nodes.map(({ id, targetType, targetId, ...event }) => (
              <Event
                key={id}
                {...event}
                about={targetId}
                target={targetId !== null && <Target type={targetType} id={targetId} />}
              />
            ))}
          </ol>
          {events.pageInfo.hasNextPage && (
            <div className="panel-foot">
              {first < max ? (
                <Button size="small" isPending={fetching} onPress={() => setFirst(first + step)}>
                  {m.details.more}
                </Button>
              ) : (
                <p className="muted">{m.admin.newestEvents(max)}</p>
              )}
            </div>
          )}
        </div>
      )}
    </>
  )
}

const none: Filters = { type: '', actor: '', target: '', since: '', until: '' }

function FilterFields(props: {
  readonly filters: Filters
  readonly onChange: (filters: Filters) => void
  readonly children: ReactNode
}) {
  const { filters, onChange, children } = props
  const set = (name: keyof Filters) => (value: string) => onChange({ ...filters, [name]: value })
  return (
    <search className="admin-filters">
      <Select
        label={m.admin.type}
        hideLabel
        value={filters.type}
        options={[
          { value: '', label: m.admin.anyType },
          ...Object.entries(m.details.events).map(([value, label]) => ({ value, label })),
        ]}
        onChange={set('type')}
      />
      {(['actor', 'target'] as const).map((name) => (
        <TextField
          key={name}
          label={m.admin[name]}
          hideLabel
          type="search"
          placeholder={m.admin[name]}
          maxLength={255}
          value={filters[name]}
          onChange={set(name)}
        />
      ))}
      <div className="admin-period">
        {(['since', 'until'] as const).map((name) => (
          <label key={name} className="admin-day">
            <span className="muted">{m.admin[name]}</span>
            <input
              className="input"
              type="date"
              value={filters[name]}
              onChange={({ target }) => set(name)(target.value)}
            />
          </label>
        ))}
      </div>
      <div className="admin-filter-actions">{children}</div>
    </search>
  )
}

function filterOf({ type, actor, target, since, until }: Filters): AuditFilter {
  return {
    ...(type !== '' && { types: [type] }),
    ...(actor.trim() !== '' && { actorSubject: actor.trim() }),
    ...(target.trim() !== '' && { targetId: target.trim() }),
    ...(since !== '' && { since: startOf(since, 0) }),
    ...(until !== '' && { until: startOf(until, 1) }),
  }
}

/** Returns the time at which a day, or a later one, begins where the person is. */
function startOf(day: string, daysLater: number): string {
  const start = new Date(`${day}T00:00`)
  start.setDate(start.getDate() + daysLater)
  return start.toISOString()
}

function Target({ type, id }: { readonly type: string | null; readonly id: string }) {
  return (
    <Link href={type === 'user' ? `/admin/users/${id}` : `/${id}`} className="event-target">
      <code>{id}</code>
    </Link>
  )
}
