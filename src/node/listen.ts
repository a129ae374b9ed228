import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServerAdapter } from '@whatwg-node/server'
import type { ConnectionInfo } from '../http/request-context.ts'
import { AnswerBatch } from './answer-batch.ts'
import { beginExchange, refuseFurtherRequests } from './exchanges.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'
import {
  hasDotSegments,
  invalidTarget,
  isFramed,
  isTransferEncoded,
  normalizeTarget,
} from './request-target.ts'
import { type AnswerTiming, answerClientError, answerUnreadable, endStream } from './unreadable.ts'

export type Handler = (request: Request, connection: ConnectionInfo) => Response | Promise<Response>

export interface Listener {
  readonly port: number
  /** Takes no more connections, and resolves when the last request in flight was answered. */
  close(): Promise<void>
  /** Ends what is still in flight. */
  destroy(): void
}

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly handler: Handler
  /** Milliseconds that a request may take to arrive. Default 10 seconds, its body included. */
  readonly requestTimeoutMs?: number
  /**
   * Milliseconds that answers under way may take once something unreadable came after their requests.
   * Default 15 seconds, more than any operation may take.
   */
  readonly pendingAnswersTimeoutMs?: number
  /** Asked before `handler`, which gets what this leaves. */
  readonly listener?: NodeListener
}

/** Bytes of a request's header section, all fields together. */
const maxHeaderSize = 16_384

/**
 * Whoever opens a connection and sends nothing, or a byte now and then, holds a socket and no more: by
 * then it is answered 408 and closed.
 *
 * @throws Error of code EADDRINUSE, EACCES or EADDRNOTAVAIL when it cannot listen there
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const {
    host,
    port,
    handler,
    listener,
    requestTimeoutMs = 10_000,
    pendingAnswersTimeoutMs = 15_000,
  } = options
  const adapter = createServerAdapter<{ req: IncomingMessage; res: ServerResponse }>(
    (request, { req }) => handler(request, { peerAddress: req.socket.remoteAddress ?? null }),
  )
  const batch = new AnswerBatch()
  function serve(req: IncomingMessage, res: ServerResponse): void {
    batch.sendOverdue()
    if (!beginExchange(req.socket, res)) return
    if (!normalizeTarget(req)) refuse(req, res, invalidTarget)
    else if (!isFramed(req)) refuse(req, res, 'HTTP/1.0 has no transfer codings.')
    else if (isTransferEncoded(req)) refuse(req, res, unsupportedCoding)
    else if (listener?.(req, res, batch.add) === true) return
    else if (hasDotSegments(req)) refuse(req, res, invalidTarget)
    else adapter(req, res)
  }
  const server = createServer(
    {
      // Without it Node keeps the first of two Authorization headers and drops the other unseen.
      joinDuplicateHeaders: true,
      maxHeaderSize,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // By default Node looks for those that are late every 30 seconds.
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
      keepAliveTimeout: 65_000,
      // Node's own answer to a request without Host has neither words nor an id.
      requireHostHeader: false,
    },
    serve,
  )
  // By default Node drops headers past the 1000th unseen. Their size together is limited above.
  server.maxHeadersCount = 0
  // An expectation that nobody knows may be ignored (RFC 9110 §10.1.1), and Node's own answer says nothing.
  server.on('checkExpectation', serve)
  const detached = answerBeforeClosing(server, { pendingAnswersTimeoutMs, sendReady: batch.send })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server),
    destroy: () => {
      server.closeAllConnections()
      for (const socket of detached) socket.destroy()
    },
  }
}

/** Closes the connection after the answer: nothing that comes over it may run any more. */
function refuse(req: IncomingMessage, res: ServerResponse, detail: string): void {
  refuseFurtherRequests(req.socket)
  sendProblem(res, 400, detail)
}

const unsupportedCoding = 'Send the body without a transfer coding other than chunked.'

/**
 * Has every answer sent before its connection is closed, whatever came after the request.
 *
 * @returns the connections that the server has let go of and does not close by itself
 */
function answerBeforeClosing(server: Server, timing: AnswerTiming): ReadonlySet<Duplex> {
  server.on('clientError', (error, socket) => answerClientError(error, socket, timing))
  const detached = new Set<Duplex>()
  // Without a listener Node closes the connection, and what came before on it is never answered.
  server.on('connect', (_request, socket) => {
    detached.add(socket)
    socket.on('close', () => detached.delete(socket))
    socket.on('error', () => socket.destroy()).resume()
    void answerUnreadable(socket, { status: 400, detail: invalidTarget, ...timing })
  })
  // A client may close its side and wait for its answers (RFC 9112 §9.6). By default Node drops them.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.prependListener('connection', (socket) =>
    socket.on('end', () => endStream(socket, timing.sendReady)),
  )
  return detached
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Those whose answer is still to come are kept open by clients after it, and are idle only then.
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearInterval(idle)
      resolve()
    })
    server.closeIdleConnections()
  })
}
