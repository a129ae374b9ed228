import { mayHaveDroppedHeaders, repeatedHeader } from '../credentials/raw-headers.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'

/**
 * Marks the headers that came more than once, so that none of them is read as one. Of another's Node
 * server, whose options may hide headers from us, it also refuses a request of which headers may be
 * missing. Our own server hides none, and joins those that came more than once by commas.
 *
 * @param names of the headers that credentials come in, in lower case
 */
export function completeHeaders(names: readonly string[]): NodeListener {
  return (request, response, send) => {
    const isOwn = send !== undefined
    if (!isOwn && mayHaveDroppedHeaders(request)) {
      sendProblem(response, 431, 'The request has too many headers.')
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
