import type { FetchAPI } from 'graphql-yoga'
import type { GraphQLAdmission } from './graphql-admission.ts'

/** The event of a hook on a response. */
export interface Responding {
  readonly request: Request
  readonly response: Response
  readonly fetchAPI: FetchAPI
  readonly setResponse: (response: Response) => void
}

/**
 * Keeps the answer to a GET request with a credential from other callers. Without `Cache-Control`, a shared cache may
 * store it unless the credential is in `Authorization` (RFC 9111 §3), and a browser may reuse it for the next user
 * (§4.2.2).
 */
export function keepPrivate(admission: GraphQLAdmission, responding: Responding): void {
  const { request, response } = responding
  if (request.method !== 'GET' || response.headers.has('cache-control')) return
  if ((admission.stateOf(request)?.principal ?? null) === null) return
  try {
    response.headers.set('cache-control', value)
  } catch {
    // The headers of an answer that `fetch` has got cannot be changed.
    const { status, statusText, body } = response
    const headers: [string, string][] = [...response.headers, ['cache-control', value]]
    responding.setResponse(new responding.fetchAPI.Response(body, { status, statusText, headers }))
  }
}

const value = 'private, no-cache'
