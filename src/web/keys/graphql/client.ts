import { Client, cacheExchange, fetchExchange, mapExchange } from 'urql'
import { urlOf } from '../configuration.ts'
import { shownSession } from '../session/shown.ts'
import { failureOf } from './failure.ts'

/** @param onSignedOut is called when the server no longer accepts the session */
export function createClient(onSignedOut: () => void): Client {
  return new Client({
    url: urlOf('graphql'),
    preferGetMethod: false,
    fetchSubscriptions: true,
    fetch: fetchInSession,
    fetchOptions: () => ({
      credentials: 'same-origin',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      headers: shownSession(),
    }),
    exchanges: [
      mapExchange({
        onError(error) {
          if (failureOf(error)?.kind === 'signed-out') onSignedOut()
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  })
}

/**
 * Sends a request again if the person has signed in again while it was on its way: it was refused because its session
 * had ended, and nothing was executed.
 */
const fetchInSession: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (response.status !== 401) return response
  const headers = new Headers(init?.headers)
  const shown = Object.entries(shownSession())
  if (shown.every(([name, id]) => headers.get(name) === id)) return response
  for (const [name, id] of shown) headers.set(name, id)
  return await fetch(input, { ...init, headers })
}
