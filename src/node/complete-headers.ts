import { mayHaveDroppedHeaders, repeatedHeader } from '../credentials/raw-headers.ts'
import type { Cors } from '../http/cors.ts'
import { headerOf, type NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'

/**
 * Makes repeated headers recognizable, so that two credentials are never read as one. Latchkey's own server
 * keeps every header and joins repeated ones with commas. The Node server of an embedding application may
 * drop headers because of its options: there, a request that may lack headers is refused with 431.
 *
 * @param names names of the headers that carry credentials, in lower case
 */
export function completeHeaders(
  names: readonly string[],
  { shareUnreadable }: Pick<Cors, 'shareUnreadable'>,
): NodeListener {
  return (request, response, send) => {
    const isOwn = send !== undefined
    if (!isOwn && mayHaveDroppedHeaders(request)) {
      const shared = shareUnreadable(headerOf(request, 'origin'))
      sendProblem(response, 431, 'The request has too many headers.', shared)
      return true
    }
    for (const name of names) {
      if (isOwn && request.headers[name]?.includes(',') !== true) continue
      const all = repeatedHeader(request, name)
      if (all !== null) request.headers[name] = all
    }
    return false
  }
}
