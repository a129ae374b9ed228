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
