import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServerAdapter } from '@whatwg-node/server'
import type { ConnectionInfo } from '../http/request-context.ts'
import { AnswerBatch } from './answer-batch.ts'
import { createDraining } from './draining.ts'
import { beginExchange, closeAfterAnswer, refuseFurtherRequests } from './exchanges.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'
import {
  hasDotSegments,
  invalidTarget,
  isFramed,
  isTransferEncoded,
  normalizeTarget,
} from './request-target.ts'
import { answerClientError, answerUnreadable, endStream, type LastAnswer } from './unreadable.ts'

export interface Listener {
  readonly port: number
  /**
   * From now on, each connection is closed after its next answer, which says so (`Connection: close`). New
   * connections are still accepted.
   */
  drain(): void
  /** Accepts no more connections, and resolves after the last request in flight is answered. */
  close(): Promise<void>
  /** Closes every connection at once, with the requests in flight on it. */
  destroy(): void
}

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly handler: (request: Request, connection: ConnectionInfo) => Response | Promise<Response>
  /** The time for a request with its body to arrive, in milliseconds. Default 10,000. */
  readonly requestTimeoutMs?: number
  /** How long an idle connection is kept open, in milliseconds. Default 65,000. */
  readonly keepAliveTimeoutMs?: number
  /**
   * The time for earlier answers on a connection to be sent after unreadable data arrived on it, in
   * milliseconds. Default 15,000, which is more than the time limit of an operation.
   */
  readonly pendingAnswersTimeoutMs?: number
  /** Called before `handler`, which gets the requests for which this returns `false`. */
  readonly listener?: NodeListener
  /**
   * Returns the CORS headers of the answer to a request that could not be read; `null`: its origin is
   * unknown. Default: none.
   */
  readonly shareUnreadable?: LastAnswer['shareUnreadable']
}

/** The maximum size of a request's header section, in bytes. */
const maxHeaderSize = 16_384

/**
 * Starts an HTTP server. A client that sends its request too slowly, or not at all, holds only a socket:
 * it gets 408 after `requestTimeoutMs` and the connection is closed.
 *
 * @throws Error with code EADDRINUSE, EACCES or EADDRNOTAVAIL if it cannot listen at the address
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const {
    host,
    port,
    handler,
    listener,
    requestTimeoutMs = 10_000,
    keepAliveTimeoutMs = 65_000,
    pendingAnswersTimeoutMs = 15_000,
    shareUnreadable = () => ({}),
  } = options
  const adapter = createServerAdapter<{ req: IncomingMessage; res: ServerResponse }>(
    (request, { req }) => handler(request, { peerAddress: req.socket.remoteAddress ?? null }),
  )
  const batch = new AnswerBatch()
  function serve(req: IncomingMessage, res: ServerResponse): void {
    batch.sendOverdue()
    if (!beginExchange(req.socket, res)) return
    if (draining.isClosing()) closeAfterAnswer(req.socket)
    if (!normalizeTarget(req)) refuse(req, res, invalidTarget)
    else if (!isFramed(req)) refuse(req, res, 'HTTP/1.0 does not support transfer codings.')
    else if (isTransferEncoded(req)) refuse(req, res, unsupportedCoding)
    else if (listener?.(req, res, batch.add) === true) return
    else if (hasDotSegments(req)) refuse(req, res, invalidTarget)
    else adapter(req, res)
  }
  const server = createServer(
    {
      // Without this, Node silently drops the second of two Authorization headers.
      joinDuplicateHeaders: true,
      maxHeaderSize,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // By default, Node looks for late requests only every 30 seconds.
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
      keepAliveTimeout: keepAliveTimeoutMs,
      // Node's own answer to a request without Host has no body and no request id.
      requireHostHeader: false,
    },
    serve,
  )
  const draining = createDraining(server)
  // By default, Node silently drops the headers after the 1000th. `maxHeaderSize` limits them here.
  server.maxHeadersCount = 0
  // An unknown expectation may be ignored (RFC 9110 §10.1.1). Node's own answer has no body.
  server.on('checkExpectation', serve)
  const detached = answerBeforeClosing(server, {
    pendingAnswersTimeoutMs,
    sendReady: batch.send,
    shareUnreadable,
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    drain: draining.begin,
    close: draining.close,
    destroy: () => {
      server.closeAllConnections()
      for (const socket of detached) socket.destroy()
    },
  }
}

/** Answers 400 and closes the connection: no further request on it may run. */
function refuse(req: IncomingMessage, res: ServerResponse, detail: string): void {
  refuseFurtherRequests(req.socket)
  sendProblem(res, 400, detail)
}

const unsupportedCoding = 'Send the body without a transfer coding other than chunked.'

/**
 * Makes sure that every answer is sent before its connection is closed, whatever arrived after the request.
 *
 * @returns the connections that Node's server has detached and does not close itself
 */
function answerBeforeClosing(server: Server, lastAnswer: LastAnswer): ReadonlySet<Duplex> {
  server.on('clientError', (error, socket) => answerClientError(error, socket, lastAnswer))
  const detached = new Set<Duplex>()
  // Without a listener, Node closes the connection on CONNECT, and earlier requests on it get no answer.
  server.on('connect', (_request, socket) => {
    detached.add(socket)
    socket.on('close', () => detached.delete(socket))
    socket.on('error', () => socket.destroy()).resume()
    void answerUnreadable(socket, { status: 400, detail: invalidTarget, ...lastAnswer })
  })
  // A client may close its side and wait for its answers (RFC 9112 §9.6). By default, Node drops them.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.prependListener('connection', (socket) =>
    socket.on('end', () => endStream(socket, lastAnswer.sendReady)),
  )
  return detached
}
