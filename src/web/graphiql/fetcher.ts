import type { GraphiQL } from 'graphiql'
import { getOperationAST } from 'graphql'
import type { ComponentProps } from 'react'
import { readEvents } from './events.ts'

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher']
type Options = Parameters<Fetcher>[1]

/**
 * Creates the function that sends operations to `url`: queries and mutations as JSON, and subscriptions with
 * Server-Sent Events. It sends the headers that the person entered.
 *
 * @param credential returns the headers of the credential, which those of the person replace
 */
export function createFetcher(
  url: string,
  credential: () => Readonly<Record<string, string>> = () => ({}),
): Fetcher {
  return async (parameters, options) => {
    const isStream = isSubscription(parameters.operationName, options)
    const abort = new AbortController()
    const response = await fetch(url, {
      method: 'POST',
      headers: headersOf(isStream, credential(), options?.headers),
      body: JSON.stringify(parameters),
      signal: abort.signal,
    })
    const isEvents = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    return isEvents && response.body !== null ? readEvents(response.body, abort) : response.json()
  }
}

function isSubscription(name: string | null | undefined, options: Options): boolean {
  const document = options?.documentAST
  return document != null && getOperationAST(document, name)?.operation === 'subscription'
}

function headersOf(
  isStream: boolean,
  credential: Readonly<Record<string, string>>,
  entered: Readonly<Record<string, unknown>> = {},
): Headers {
  const headers = new Headers(credential)
  headers.set(
    'accept',
    isStream
      ? 'text/event-stream, application/json;q=0.9'
      : 'application/graphql-response+json, application/json;q=0.9',
  )
  for (const [name, value] of Object.entries(entered)) headers.set(name, String(value))
  headers.set('content-type', 'application/json')
  return headers
}
