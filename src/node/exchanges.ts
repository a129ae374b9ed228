import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The responses to the last two requests of a connection. Earlier requests were read and are answered before
 * these.
 */
interface Exchanges {
  last: ServerResponse
  before: ServerResponse | null
}

const exchangesOf = new WeakMap<Duplex, Exchanges>()
/** Connections on which no further request may start. */
const refused = new WeakSet<Duplex>()
/** Connections whose last answer says `Connection: close`. */
const closing = new WeakSet<Duplex>()

/**
 * Registers a request that arrived on a connection.
 *
 * @returns `false` if the connection will be closed after an earlier answer: the request must not run,
 *   because the client would not receive its answer (RFC 9112 §9.6)
 */
export function beginExchange(socket: Duplex, response: ServerResponse): boolean {
  if (refused.has(socket) || closing.has(socket)) return false
  const exchanges = exchangesOf.get(socket)
  if (exchanges === undefined) {
    exchangesOf.set(socket, { last: response, before: null })
  } else {
    exchanges.before = exchanges.last
    exchanges.last = response
  }
  return true
}

/** Stops further requests of the connection from starting. Returns whether this was the first call for it. */
export function refuseFurtherRequests(socket: Duplex): boolean {
  if (refused.has(socket)) return false
  refused.add(socket)
  return true
}

/**
 * Makes the answer to the last request of the connection say `Connection: close`, and the connection end
 * after it. Does nothing if no request was read, or the head of its answer was already sent.
 */
export function closeAfterAnswer(socket: Duplex): void {
  const last = exchangesOf.get(socket)?.last
  if (last === undefined || last.headersSent || last.writableEnded) return
  last.shouldKeepAlive = false
  closing.add(socket)
}

/** Returns whether an answer is being streamed: nothing else may be written before it ends. */
export function isStreaming(socket: Duplex): boolean {
  const exchanges = exchangesOf.get(socket)
  if (exchanges === undefined) return false
  const { headersSent, writableEnded, destroyed } = exchanges.last
  return headersSent && !writableEnded && !destroyed
}

/**
 * Waits until every request that was read completely on the connection is answered. It does not wait for a
 * request whose body is still incomplete.
 *
 * @returns `false` if that took longer than `timeoutMs`, or the connection was closed
 */
export async function settleExchanges(socket: Duplex, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const running = runningOf(socket)
    if (running === null) return !socket.destroyed
    // The loop looks again, because the body of a later request may have arrived meanwhile.
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
    // Node emits `close` only for the response that is being written, not for those queued behind it.
    const onSocket = settle(false)
    const timer = setTimeout(settle(false), Math.max(0, timeoutMs))
    response.once('close', onResponse)
    socket.once('close', onSocket)
  })
}
