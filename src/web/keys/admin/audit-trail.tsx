import { Download, SearchX } from 'lucide-react'
import { useState } from 'react'
import { useClient, useQuery } from 'urql'
import { Link } from 'wouter'
import { Event } from '../details/activity.tsx'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { Button } from '../kit/button.tsx'
import { Select, TextField } from '../kit/fields.tsx'
import { EmptyState, ErrorState, failureText, Skeleton } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { exportEvents } from './export-events.ts'
import { AuditQuery } from './queries.ts'

const step = 25
const max = 100

/** The events of the whole server, newest first, with filters and an export. */
export function AuditTrail() {
  const client = useClient()
  const [type, setType] = useState('')
  const [actor, setActor] = useState('')
  const [first, setFirst] = useState(step)
  const [isExporting, setExporting] = useState(false)
  const filter = {
    ...(type !== '' && { types: [type] }),
    ...(actor.trim() !== '' && { actorSubject: actor.trim() }),
  }
  const [{ data, error, fetching }, reload] = useQuery({
    query: AuditQuery,
    variables: { first, filter },
    requestPolicy: 'cache-and-network',
  })
  const failure = failureOf(error)
  const events = data?.auditEvents

  async function save() {
    setExporting(true)
    const result: number | Failure = await exportEvents(client, filter)
    setExporting(false)
    if (typeof result === 'number') toast(m.admin.exported(result))
    else toast(failureText(result), { isFault: true })
  }

  return (
    <>
      <search className="admin-filters">
        <Select
          label={m.admin.type}
          hideLabel
          value={type}
          options={[
            { value: '', label: m.admin.anyType },
            ...Object.entries(m.details.events).map(([value, label]) => ({ value, label })),
          ]}
          onChange={setType}
        />
        <TextField
          label={m.admin.actor}
          hideLabel
          type="search"
          placeholder={m.admin.actor}
          maxLength={255}
          value={actor}
          onChange={setActor}
        />
        <Button icon={<Download aria-hidden />} isPending={isExporting} onPress={() => void save()}>
          {m.admin.export}
        </Button>
      </search>
      {failure !== null && !fetching ? (
        <ErrorState failure={failure} onRetry={() => reload({ requestPolicy: 'network-only' })} />
      ) : events === undefined ? (
        <div className="card form-skeleton" role="status">
          <span className="hidden">{m.loading}</span>
          <Skeleton width="60%" />
          <Skeleton width="45%" />
        </div>
      ) : events.nodes.length === 0 ? (
        <EmptyState icon={<SearchX aria-hidden />} title={m.admin.noEvents} />
      ) : (
        <div className="card">
          <ol className="events events-alone">
            {events.nodes.map(({ id, targetType, targetId, ...event }) => (
              <Event
                key={id}
                {...event}
                target={targetId !== null && <Target type={targetType} id={targetId} />}
              />
            ))}
          </ol>
          {events.pageInfo.hasNextPage && first < max && (
            <div className="panel-foot">
              <Button size="small" isPending={fetching} onPress={() => setFirst(first + step)}>
                {m.details.more}
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  )
}

function Target({ type, id }: { readonly type: string | null; readonly id: string }) {
  return (
    <Link href={type === 'user' ? `/admin/users/${id}` : `/${id}`} className="event-target">
      <code>{id}</code>
    </Link>
  )
}
