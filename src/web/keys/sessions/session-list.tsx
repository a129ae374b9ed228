import { LogOut } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import type { Failure } from '../graphql/failure.ts'
import { isPassing, useRecovery } from '../graphql/use-query.ts'
import { Button } from '../kit/button.tsx'
import { ErrorState, Loading } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { type ListedSession, readSessions } from '../session/endpoints.ts'
import { Page } from '../shell/page.tsx'
import { SessionRow } from './session-row.tsx'

const SignOutEverywhere = lazy(() => import('./sign-out-everywhere.tsx'))

/** The sessions of the person. They end them one by one, or all of them. */
export default function SessionList() {
  const [sessions, setSessions] = useState<readonly ListedSession[] | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isAsking, setAsking] = useState(false)

  const load = useCallback(async () => {
    const answer = await readSessions()
    setFailure(answer.failure)
    if (answer.data !== null) setSessions(answer.data.sessions)
  }, [])
  useEffect(() => void load(), [load])
  useRecovery(failure, sessions !== null, load)

  return (
    <Page
      title={m.sessions.title}
      lead={m.sessions.lead}
      actions={
        <Button icon={<LogOut aria-hidden />} onPress={() => setAsking(true)}>
          {m.sessions.everywhere}
        </Button>
      }
    >
      {failure !== null && (sessions === null || !isPassing(failure)) ? (
        <ErrorState failure={failure} onRetry={() => void load()} />
      ) : sessions === null ? (
        <Loading />
      ) : (
        <ul className="card sessions" aria-label={m.sessions.title}>
          {inOrder(sessions).map((session) => (
            <SessionRow key={session.id} session={session} onEnded={load} />
          ))}
        </ul>
      )}
      <Suspense>{isAsking && <SignOutEverywhere onClose={() => setAsking(false)} />}</Suspense>
    </Page>
  )
}

/** The session of this browser first, then those that were used last. */
function inOrder(sessions: readonly ListedSession[]): readonly ListedSession[] {
  return [...sessions].sort(
    (a, b) =>
      Number(b.current) - Number(a.current) || Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt),
  )
}
