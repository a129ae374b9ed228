import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react'
import { Provider } from 'urql'
import { createClient } from '../graphql/client.ts'
import type { Failure } from '../graphql/failure.ts'
import { ErrorState } from '../kit/states.tsx'
import { lazyScreen } from '../shell/screen.tsx'
import { readSession, type Session } from './endpoints.ts'
import type { FirstAnswer } from './first.ts'
import { showSession } from './shown.ts'
import { tabs } from './tabs.ts'

const SessionEnded = lazyScreen(() => import('./session-ended.tsx'))
export const SignIn = lazyScreen(() => import('./sign-in.tsx'))

export const SessionContext = createContext<Session | null>(null)

/** Returns the session of the person. To be called below `SessionGate`. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('There is no session here.')
  return session
}

const isSame = (a: Session, b: Session) => a.issuer === b.issuer && a.subject === b.subject

/** Shows its content to people who are signed in, and the sign-in to all others. */
export function SessionGate(props: { readonly first: FirstAnswer; readonly children: ReactNode }) {
  const { first, children } = props
  const [session, setSession] = useState(first.data?.session)
  const [failure, setFailure] = useState<Failure | null>(first.failure)
  const [ended, setEnded] = useState(false)
  const [client] = useState(() => createClient(() => setEnded(true)))

  const load = useCallback(async () => {
    const answer = await readSession()
    setFailure(answer.failure)
    if (answer.failure !== null) return
    showSession(answer.data.session)
    setSession(answer.data.session)
  }, [])

  useEffect(() => {
    if (session == null) return undefined
    return whenItMayHaveChanged(async () => {
      const { data } = await readSession()
      if (data === null) return
      if (data.session === null) setEnded(true)
      else if (isSame(session, data.session)) {
        // The person may have signed in again, which starts a session with another id.
        showSession(data.session)
        setEnded(false)
      } else {
        // Nothing of the first person may stay in memory.
        location.reload()
      }
    })
  }, [session])

  if (failure !== null && session === undefined) {
    return (
      <main className="alone">
        <ErrorState failure={failure} onRetry={load} />
      </main>
    )
  }
  if (session === undefined) return null
  if (session === null) return <SignIn />
  return (
    <SessionContext value={session}>
      <Provider value={client}>
        {children}
        {ended && <SessionEnded />}
      </Provider>
    </SessionContext>
  )
}

/**
 * Calls back when another tab signed in or out, and when the person returns to this one. A page that the browser
 * keeps for the way back is emptied first, and loads again when it is shown.
 */
function whenItMayHaveChanged(check: () => void): () => void {
  const onVisible = () => document.visibilityState === 'visible' && check()
  const onHide = ({ persisted }: PageTransitionEvent) =>
    persisted && document.body.replaceChildren()
  const onShow = ({ persisted }: PageTransitionEvent) => persisted && location.reload()
  tabs().addEventListener('message', check)
  document.addEventListener('visibilitychange', onVisible)
  addEventListener('pagehide', onHide)
  addEventListener('pageshow', onShow)
  return () => {
    tabs().removeEventListener('message', check)
    document.removeEventListener('visibilitychange', onVisible)
    removeEventListener('pagehide', onHide)
    removeEventListener('pageshow', onShow)
  }
}
