import { mayLackHeaders, repeatedHeader } from '../credentials/raw-headers.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'

/**
 * For requests of another's Node server, whose options may hide headers from us: refuses a request of
 * which headers may be missing, and brings back those that came more than once.
 *
 * @param names of the headers that credentials come in, in lower case
 */
export function completeHeaders(names: readonly string[]): NodeListener {
  return (request, response, send) => {
    // Our own server hides no headers.
    if (send !== undefined) return false
    if (mayLackHeaders(request)) {
      sendProblem(response, 431, 'The request has too many headers.')
      return true
    }
    for (const name of names) {
      const all = repeatedHeader(request, name)
      if (all !== null) request.headers[name] = all
    }
    return false
  }
}
