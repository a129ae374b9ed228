import { stringifyDocument } from 'urql'
import { readEvents } from '../../graphiql/events.ts'
import { urlOf } from '../configuration.ts'
import { graphql } from '../graphql/graphql.ts'
import { nextSession, shownSession } from '../session/shown.ts'

const KeyChangedSubscription = graphql(`
  subscription KeyChanged {
    keyChanged {
      kind
      apiKey {
        id
      }
    }
  }
`)

const body = JSON.stringify({ query: stringifyDocument(KeyChangedSubscription) })
const firstDelay = 1000
const maxDelay = 30_000

/** The reason why a stream ended. `signed-out`: the server accepts the session no longer. `refused`: it does not allow the stream. */
type End = 'signed-out' | 'refused' | 'lost'

/**
 * Calls `onChange` when a key of the person changes, and when a stream begins, because changes may have been
 * missed before. After the end of the session, it continues when the person has signed in again. Returns when `signal`
 * aborts, or when the server does not allow the stream.
 */
export async function followKeys(onChange: () => void, signal: AbortSignal): Promise<void> {
  let delay = firstDelay
  while (!signal.aborted) {
    const onEvent = () => {
      delay = firstDelay
      onChange()
    }
    const session = shownSession()
    const end = await readOnce({ onBegin: onChange, onEvent }, session, signal)
    if (end === 'refused' || signal.aborted) return
    if (end === 'signed-out' && isShown(session)) await nextSession(signal)
    else await pause(delay, signal)
    delay = Math.min(delay * 2, maxDelay)
  }
}

async function readOnce(
  { onBegin, onEvent }: { readonly onBegin: () => void; readonly onEvent: () => void },
  session: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<End> {
  const abort = new AbortController()
  const stop = () => abort.abort()
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(urlOf('graphql'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...session,
      },
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
    })
    const type = response.headers.get('content-type') ?? ''
    const isStream = response.ok && type.startsWith('text/event-stream') && response.body !== null
    if (!isStream) return endOf(response.status)
    onBegin()
    for await (const { errors } of readEvents(response.body, abort)) {
      const codes = errors?.map(({ extensions }) => extensions.code) ?? []
      if (codes.includes('FORBIDDEN')) return 'refused'
      if (codes.includes('UNAUTHENTICATED')) return 'signed-out'
      if (errors === undefined) onEvent()
    }
    return 'lost'
  } catch {
    return 'lost'
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function endOf(status: number): End {
  if (status === 401) return 'signed-out'
  return status >= 500 || status === 429 ? 'lost' : 'refused'
}

function isShown(session: Readonly<Record<string, string>>): boolean {
  return JSON.stringify(session) === JSON.stringify(shownSession())
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
