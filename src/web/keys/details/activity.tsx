import { type ReactNode, useState } from 'react'
import { useQuery } from '../graphql/use-query.ts'
import { Button } from '../kit/button.tsx'
import { FailureNote, Skeleton } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { useLiveKeys } from '../live/use-live-keys.ts'
import { m } from '../messages/current.ts'
import type { Session } from '../session/endpoints.ts'
import { useSession } from '../session/session.tsx'
import { detailLines } from './event-text.ts'
import { Panel } from './panel.tsx'
import { KeyEventsQuery } from './queries.ts'

interface Actor {
  readonly issuer: string | null
  readonly subject: string | null
}

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
  const reader = useSession()
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
          {events.nodes.map(({ id: eventId, details, ...event }) => (
            <Event
              key={eventId}
              {...event}
              details={withoutOwner(details)}
              about={id}
              reader={reader}
            />
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

/** The screen of a key shows its owner by name, and the events have an id alone. */
function withoutOwner({ ownerId: _, ...details }: Record<string, unknown>) {
  return details
}

export function Event(props: {
  readonly type: string
  readonly at: string
  readonly details: Record<string, unknown>
  readonly actor: Actor
  /** The id of the key or user that the event is about. */
  readonly about: string | null
  /** A link to it. */
  readonly target?: ReactNode
  /** The person whom the text calls "you". Default: it names everyone. */
  readonly reader?: Session
}) {
  const { type, at, details, actor, about, target, reader } = props
  const lines = detailLines(type, details, about)
  return (
    <li>
      <div className="event-head">
        <strong>{m.details.events[type] ?? type}</strong>
        {type !== 'credential.refused' && <bdi className="muted">{actorText(actor, reader)}</bdi>}
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

function actorText({ issuer, subject }: Actor, reader: Session | undefined): string {
  if (subject === null) return m.details.byOperator
  const isReader = subject === reader?.subject && issuer === reader.issuer
  return isReader ? m.details.byYou : m.details.by(subject)
}
