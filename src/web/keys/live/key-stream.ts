import { stringifyDocument } from 'urql'
import { readEvents } from '../../graphiql/events.ts'
import { urlOf } from '../configuration.ts'
import { graphql } from '../graphql/graphql.ts'
import { shownSession } from '../session/shown.ts'

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

/**
 * Calls `onChange` when a key of the person changes, and when a stream begins, because changes may have been
 * missed before. Returns when `signal` aborts, or when the server does not allow the stream.
 */
export async function followKeys(onChange: () => void, signal: AbortSignal): Promise<void> {
  let delay = firstDelay
  while (!signal.aborted) {
    const onEvent = () => {
      delay = firstDelay
      onChange()
    }
    const end = await readOnce({ onBegin: onChange, onEvent }, signal)
    if (end === 'refused' || signal.aborted) return
    await pause(delay, signal)
    delay = Math.min(delay * 2, maxDelay)
  }
}

async function readOnce(
  { onBegin, onEvent }: { readonly onBegin: () => void; readonly onEvent: () => void },
  signal: AbortSignal,
): Promise<'refused' | 'lost'> {
  const abort = new AbortController()
  const stop = () => abort.abort()
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(urlOf('graphql'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...shownSession(),
      },
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
    })
    const type = response.headers.get('content-type') ?? ''
    const isStream = response.ok && type.startsWith('text/event-stream') && response.body !== null
    if (!isStream) return response.status >= 500 || response.status === 429 ? 'lost' : 'refused'
    onBegin()
    for await (const { errors } of readEvents(response.body, abort)) {
      if (errors?.some(({ extensions }) => extensions.code === 'FORBIDDEN')) return 'refused'
      if (errors === undefined) onEvent()
    }
    return 'lost'
  } catch {
    return 'lost'
  } finally {
    signal.removeEventListener('abort', stop)
  }
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
