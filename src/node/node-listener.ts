import type { IncomingMessage, ServerResponse } from 'node:http'
import { isBatchSend, type SendBody } from './answer-batch.ts'

/**
 * Answers a request of Node's HTTP server, or returns `false` if the request is for another handler.
 *
 * @param send ends the response. Latchkey's own server passes a function that sends answers in batches.
 *   Default: the response is ended immediately
 */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  send?: SendBody,
) => boolean

/** Reads a header by its lower-case name, with the result of `Headers.get`. */
export function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name]
  return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
}

/** Combines listeners: they are called in order until one answers. */
export function firstOf(...listeners: readonly NodeListener[]): NodeListener {
  return (request, response, given) => {
    const send = isBatchSend(given) ? given : undefined
    for (const listener of listeners) if (listener(request, response, send)) return true
    return false
  }
}
