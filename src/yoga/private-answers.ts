import type { FetchAPI, Plugin } from 'graphql-yoga'
import type { GraphQLAdmission } from './graphql-admission.ts'

/** The event of a hook on a response. */
interface Responding {
  readonly request: Request
  readonly response: Response
  readonly fetchAPI: FetchAPI
  readonly setResponse: (response: Response) => void
}

/**
 * Returns `plugin` with a hook that keeps the answers to GET requests with a credential from other callers. Without
 * `Cache-Control`, a shared cache may store such an answer unless the credential is in `Authorization` (RFC 9111 §3),
 * and a browser may reuse it for the next user (§4.2.2).
 *
 * It has no hook of its own, because each one takes Yoga longer than this check.
 */
export function withPrivateAnswers<Context extends object>(
  admission: GraphQLAdmission,
  plugin: Plugin<Context>,
): Plugin<Context> {
  return {
    ...plugin,
    onResponse(responding) {
      if (responding.request.method !== 'GET') return plugin.onResponse?.(responding)
      let { response } = responding
      const settled = plugin.onResponse?.({
        ...responding,
        setResponse(replacement) {
          response = replacement
          responding.setResponse(replacement)
        },
      })
      const finish = () => keepPrivate(admission, { ...responding, response })
      return settled instanceof Promise ? settled.then(finish) : finish()
    },
  }
}

function keepPrivate(admission: GraphQLAdmission, responding: Responding): void {
  const { request, response } = responding
  if (response.headers.has('cache-control')) return
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
