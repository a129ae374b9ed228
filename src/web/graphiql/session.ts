import { useEffect, useState } from 'react'
import { keysPageUrl } from './page-settings.ts'

/** The session of the keys page in this browser. */
export interface Session {
  readonly id: string
  readonly subject: string
  readonly name: string | null
}

/** `none`: nobody is signed in. `unknown`: the server has not answered yet. `failed`: it could not answer. */
export type SessionState = Session | 'none' | 'unknown' | 'failed'

/** Returns the session, and reads it again when the person signs in or out in another tab. */
export function useSession(): SessionState {
  const [session, setSession] = useState<SessionState>('unknown')
  useEffect(() => {
    const read = async () => {
      const found = await readSession()
      // A failure later on must not take the editor away.
      setSession((before) => (found === 'failed' && isSettled(before) ? before : found))
    }
    const onVisible = () => document.visibilityState === 'visible' && void read()
    const tabs = new BroadcastChannel('latchkey-session')
    tabs.addEventListener('message', () => void read())
    document.addEventListener('visibilitychange', onVisible)
    void read()
    return () => {
      tabs.close()
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [])
  return session
}

const isSettled = (session: SessionState) => session !== 'unknown' && session !== 'failed'

async function readSession(): Promise<SessionState> {
  const response = await fetch(keysPageUrl('/session'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    cache: 'no-store',
  }).catch(() => null)
  if (response?.ok !== true) return 'failed'
  const { session } = await response.json()
  return session ?? 'none'
}
