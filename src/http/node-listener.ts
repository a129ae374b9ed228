import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers a request of Node's server or, where it is another's, returns `false`. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => boolean

/** Reads headers by their lower-case names, as `Headers.get` does. */
export function headerReader({ headers }: IncomingMessage): (name: string) => string | null {
  return (name) => {
    const value = headers[name]
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
  }
}

/** The first of them that answers does. */
export function firstOf(...listeners: readonly (NodeListener | null)[]): NodeListener {
  const present = listeners.filter((listener) => listener !== null)
  return (request, response) => {
    for (const listener of present) if (listener(request, response)) return true
    return false
  }
}
