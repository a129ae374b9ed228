import type { IncomingMessage, ServerResponse } from 'node:http'
import { isBatchSend, type SendBody } from './answer-batch.ts'

/**
 * Answers a request of Node's server or, where it is another's, returns `false`.
 *
 * @param send ends the response. Default: at once. Our own server hands one over, which sends answers together
 */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  send?: SendBody,
) => boolean

/** Reads a header by its lower-case name, as `Headers.get` does. */
export function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name]
  return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
}

/** The first of them that answers does. */
export function firstOf(...listeners: readonly NodeListener[]): NodeListener {
  return (request, response, given) => {
    const send = isBatchSend(given) ? given : undefined
    for (const listener of listeners) if (listener(request, response, send)) return true
    return false
  }
}
