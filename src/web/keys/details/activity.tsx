import { type ReactNode, useState } from 'react'
import { useQuery } from '../graphql/use-query.ts'
import { Button } from '../kit/button.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { useLiveKeys } from '../live/use-live-keys.ts'
import { m } from '../messages/current.ts'
import { detailLines } from './event-text.ts'
import { Panel } from './panel.tsx'
import { KeyEventsQuery } from './queries.ts'

const step = 8
const max = 100

/** The events of a key, newest first. */
export function Activity({ id }: { readonly id: string }) {
  const [first, setFirst] = useState(step)
  const [{ data, failure, fetching }, reload] = useQuery({
    query: KeyEventsQuery,
    variables: { id, first },
  })
  useLiveKeys(reload)
  const events = data?.apiKey?.events
  return (
    <Panel title={m.details.activity}>
      {events === undefined ? (
        <div className="panel-body">
          {failure === null ? <Skeleton width="60%" /> : <FailureNote failure={failure} />}
        </div>
      ) : events.nodes.length === 0 ? (
        <p className="panel-body muted">{m.details.noActivity}</p>
      ) : (
        <ol className="events">
          {events.nodes.map(({ id: eventId, ...event }) => (
            <Event key={eventId} {...event} about={id} />
          ))}
        </ol>
      )}
      {events?.pageInfo.hasNextPage === true && first < max && (
        <div className="panel-foot">
          <Button
            size="small"
            isPending={fetching}
            onPress={() => setFirst(Math.min(max, first + 2 * step))}
          >
            {m.details.more}
          </Button>
        </div>
      )}
    </Panel>
  )
}

export function Event(props: {
  readonly type: string
  readonly at: string
  readonly details: Record<string, unknown>
  readonly actor: { readonly subject: string | null; readonly credentialKind: string | null }
  /** The id of the key or user that the event is about. */
  readonly about: string | null
  /** A link to it. */
  readonly target?: ReactNode
}) {
  const { type, at, details, actor, about, target } = props
  const lines = detailLines(type, details, about)
  return (
    <li>
      <div className="event-head">
        <strong>{m.details.events[type] ?? type}</strong>
        {type !== 'credential.refused' && (
          <bdi className="muted">
            {actor.subject === null ? m.details.byOperator : m.details.by(actor.subject)}
          </bdi>
        )}
        {target}
        <span className="muted event-time">
          <RelativeTime at={at} />
        </span>
      </div>
      {lines.length > 0 && (
        <ul className="event-lines">
          {lines.map((line) => (
            <li key={line}>
              <bdi>{line}</bdi>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
