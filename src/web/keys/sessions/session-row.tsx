import { Monitor } from 'lucide-react'
import { useState } from 'react'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { failureText } from '../kit/states.tsx'
import { RelativeTime } from '../kit/time.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { endSession, type ListedSession } from '../session/endpoints.ts'
import { browserNameOf } from './browser-name.ts'

export function SessionRow(props: {
  readonly session: ListedSession
  readonly onEnded: () => Promise<void>
}) {
  const { session, onEnded } = props
  const { id, current, createdAt, lastUsedAt, address, userAgent, expiresAt } = session
  const [isPending, setPending] = useState(false)
  const title = titleOf(userAgent)

  async function end() {
    setPending(true)
    const { failure } = await endSession(id)
    if (failure === null) {
      toast(m.sessions.ended)
      await onEnded()
    } else {
      toast(failureText(failure), { isFault: true })
      setPending(false)
    }
  }

  return (
    <li className="session">
      <span className="empty-icon">
        <Monitor aria-hidden />
      </span>
      <div className="session-text">
        <p className="session-title">
          <bdi>{title}</bdi>
          {current && <Badge tone="accent">{m.sessions.current}</Badge>}
        </p>
        <ul className="session-facts">
          <li>
            {m.sessions.lastUsed} <RelativeTime at={lastUsedAt} />{' '}
            {address !== null && m.sessions.from(address)}
          </li>
          <li>
            {m.sessions.signedIn} <RelativeTime at={createdAt} />
          </li>
          <li>
            {m.sessions.expires} <RelativeTime at={expiresAt} />
          </li>
        </ul>
      </div>
      {!current && (
        <Button
          size="small"
          aria-label={m.sessions.endOf(title)}
          isPending={isPending}
          onPress={() => void end()}
        >
          {m.sessions.end}
        </Button>
      )}
    </li>
  )
}

function titleOf(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return m.sessions.unknown
  const name = browserNameOf(userAgent)
  if (name === null) return userAgent.length > 60 ? `${userAgent.slice(0, 59)}…` : userAgent
  return name.system === null ? name.browser : m.sessions.browserOn(name.browser, name.system)
}
