import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServerAdapter } from '@whatwg-node/server'
import { LRUCache } from 'lru-cache'
import type { NodeListener } from '../http/node-listener.ts'
import { sendProblem } from '../http/node-problem.ts'
import { OwnRequest } from '../http/own-request.ts'
import { OwnResponse } from '../http/repeated-head.ts'
import type { ConnectionInfo } from '../http/request-context.ts'
import { sendLate, sendReady } from '../http/send-together.ts'
import { copyOf } from '../remembering.ts'
import { beginExchange, isStreaming, refuseFurther } from './exchanges.ts'
import { answerClientError, answerUnreadable, badTarget } from './unreadable.ts'

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
  readonly arrivalTime?: number
  /**
   * Milliseconds that answers under way may take once something unreadable came after their requests.
   * Default 15 seconds, more than any operation may take.
   */
  readonly answerTime?: number
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
  const { host, port, handler, listener, arrivalTime = 10_000, answerTime = 15_000 } = options
  const adapter = createServerAdapter<{ req: IncomingMessage; res: ServerResponse }>(
    (request, { req }) => handler(request, { peerAddress: req.socket.remoteAddress ?? null }),
  )
  function serve(req: IncomingMessage, res: ServerResponse): void {
    sendLate()
    if (!beginExchange(req.socket, res)) return
    if (!makeTargetReadable(req)) {
      refuseFurther(req.socket)
      sendProblem(res, 400, badTarget)
    } else if (listener?.(req, res) !== true) adapter(req, res)
  }
  const server = createServer<typeof OwnRequest, typeof OwnResponse<OwnRequest>>(
    {
      // Without it Node keeps the first of two Authorization headers and drops the other unseen.
      joinDuplicateHeaders: true,
      maxHeaderSize,
      headersTimeout: arrivalTime,
      requestTimeout: arrivalTime,
      // By default Node looks for those that are late every 30 seconds.
      connectionsCheckingInterval: Math.ceil(arrivalTime / 10),
      keepAliveTimeout: 65_000,
      // Node's own answer to a request without Host has neither words nor an id.
      requireHostHeader: false,
      IncomingMessage: OwnRequest,
      ServerResponse: OwnResponse,
    },
    serve,
  )
  // By default Node drops headers past the 1000th unseen. Their size together is limited above.
  server.maxHeadersCount = 0
  // An expectation that nobody knows may be ignored (RFC 9110 §10.1.1), and Node's own answer says nothing.
  server.on('checkExpectation', serve)
  server.on('clientError', (error, socket) => answerClientError(error, socket, answerTime))
  // Without a listener Node closes the connection, and what came before on it is never answered.
  const detached = new Set<Duplex>()
  server.on('connect', (_request, socket) => {
    detached.add(socket)
    socket.on('close', () => detached.delete(socket))
    socket.on('error', () => socket.destroy()).resume()
    void answerUnreadable(socket, { status: 400, detail: badTarget, answerTime })
  })
  // A client may close its side and wait for its answers (RFC 9112 §9.6). By default Node drops them.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.prependListener('connection', (socket) => {
    socket.on('end', () => {
      // What is ready is no stream.
      sendReady()
      // A client that closes its side seldom waits for a stream, and a silent one would go on unnoticed.
      if (isStreaming(socket)) socket.end()
    })
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
    close: () => closeServer(server),
    destroy: () => {
      server.closeAllConnections()
      for (const socket of detached) socket.destroy()
    },
  }
}

/**
 * Brings the target into the form of a path (RFC 9112 §3.2): a client may also send a whole URL, whose
 * authority then counts for the `Host`. Whether a URL can be made of it.
 */
function makeTargetReadable(req: IncomingMessage): boolean {
  const { url = '' } = req
  if (url.startsWith('/')) {
    const { host } = req.headers
    return host === undefined ? req.httpVersion === '1.0' : isHost(host)
  }
  const absolute = /^https?:\/\/([^/?#]*)(.*)/is.exec(url)
  if (absolute === null) return false
  const [, authority = '', path = ''] = absolute
  req.headers.host = authority
  req.url = path.startsWith('/') ? path : `/${path}`
  return isHost(authority)
}

/** Those that were found to make a URL: a server has few names, and each request brings one. */
const knownHosts = new LRUCache<string, true>({ max: 100 })
let lastHost: string | null = null

/** Whatever path follows, a URL can be made of it. */
function isHost(host: string): boolean {
  if (host === lastHost || knownHosts.has(host)) return true
  if (!/^[^\s/?#@\\]+$/.test(host) || !URL.canParse(`http://${host}/`)) return false
  lastHost = copyOf(host)
  knownHosts.set(lastHost, true)
  return true
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
