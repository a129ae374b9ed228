import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The last two requests of a connection: those before were read whole, and are answered before. */
interface Exchanges {
  last: ServerResponse
  before: ServerResponse | null
}

const exchangesOf = new WeakMap<Duplex, Exchanges>()
/** Connections on which no further request is begun. */
const refused = new WeakSet<Duplex>()

/**
 * To be called with each request that comes over a connection.
 *
 * @returns `false` where the connection is to be closed after an answer that is on its way: what comes
 *   after that request must not run, since nobody would be told (RFC 9112 §9.6)
 */
export function beginExchange(socket: Duplex, response: ServerResponse): boolean {
  if (refused.has(socket)) return false
  const exchanges = exchangesOf.get(socket)
  if (exchanges === undefined) {
    exchangesOf.set(socket, { last: response, before: null })
  } else {
    exchanges.before = exchanges.last
    exchanges.last = response
  }
  return true
}

/** Lets no further request of the connection begin. Whether this was the first call for it. */
export function refuseFurtherRequests(socket: Duplex): boolean {
  if (refused.has(socket)) return false
  refused.add(socket)
  return true
}

/** Whether an answer is on its way in pieces: nothing else may be written before its end. */
export function isStreaming(socket: Duplex): boolean {
  const exchanges = exchangesOf.get(socket)
  if (exchanges === undefined) return false
  const { headersSent, writableEnded, destroyed } = exchanges.last
  return headersSent && !writableEnded && !destroyed
}

/**
 * Waits until everything that was read whole on the connection is answered; a request whose body is
 * still to come is not waited for.
 *
 * @returns `false` where that took longer than so many milliseconds, or the connection was closed
 */
export async function settleExchanges(socket: Duplex, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const running = runningOf(socket)
    if (running === null) return !socket.destroyed
    // Read again afterwards: the body of a later one may have come meanwhile.
    if (!(await isClosed(running, socket, until - performance.now()))) return false
  }
}

function runningOf(socket: Duplex): ServerResponse | null {
  const exchanges = exchangesOf.get(socket)
  if (exchanges === undefined) return null
  const { last, before } = exchanges
  const response = last.req.complete ? last : before
  return response === null || response.writableFinished || response.destroyed ? null : response
}

function isClosed(response: ServerResponse, socket: Duplex, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (closed: boolean) => () => {
      clearTimeout(timer)
      response.off('close', onResponse)
      socket.off('close', onSocket)
      resolve(closed)
    }
    const onResponse = settle(true)
    // Node closes only that response which is being written, not those that wait for it.
    const onSocket = settle(false)
    const timer = setTimeout(settle(false), Math.max(0, timeoutMs))
    response.once('close', onResponse)
    socket.once('close', onSocket)
  })
}
