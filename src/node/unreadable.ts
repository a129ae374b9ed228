import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problemBody } from '../http/problem.ts'
import { isStreaming, refuseFurtherRequests, settleExchanges } from './exchanges.ts'
import { lastHeaders } from './node-problem.ts'

/**
 * The time for a client to read the last answer and close its side, and for the rest of a stream, in
 * milliseconds.
 */
const lingerMs = 1_000

export interface LastAnswer {
  /** The time for the answers to earlier requests on the connection, in milliseconds. */
  readonly pendingAnswersTimeoutMs: number
  /** Sends the answers that are ready and wait in a batch. */
  readonly sendReady: () => void
  /** Returns the CORS headers for a request of `origin`; `null`: the origin is unknown. */
  readonly shareUnreadable: (origin: string | null) => Readonly<Record<string, string>>
}

/** The last answer on a connection that received data which is not a readable request. */
interface Unreadable extends LastAnswer {
  readonly status: number
  readonly detail: string
  /** The data that could not be read, where Node passes it on. */
  readonly data?: Buffer | undefined
}

/**
 * Ends a connection after an error that Node reports: headers that are too large, an invalid or a slow
 * request.
 */
export function answerClientError(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer },
  socket: Duplex,
  lastAnswer: LastAnswer,
): void {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy()
    return
  }
  const [status, detail] = statusOf(error.code)
  void answerUnreadable(socket, { status, detail, data: error.rawPacket, ...lastAnswer })
}

/**
 * Answers an unreadable request after all earlier requests of the same connection are answered: the answer
 * to a mutation may hold a secret that is shown only once. If the earlier answers take too long, the
 * connection is closed without this answer, because the client would take it for the missing one.
 */
export async function answerUnreadable(socket: Duplex, unreadable: Unreadable): Promise<void> {
  // Data after the first error gets no answer of its own.
  if (!refuseFurtherRequests(socket)) return
  // Node would end the connection together with the last answer if the client has closed its side.
  socket.removeAllListeners('end')
  const { sendReady } = unreadable
  sendReady()
  const settled = await settleExchanges(socket, unreadable.pendingAnswersTimeoutMs)
  sendReady()
  if (!settled || isStreaming(socket)) {
    socket.destroy()
    return
  }
  if (socket.writable) socket.end(responseText(unreadable))
  const linger = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(linger))
}

/**
 * Ends a stream whose client has closed its side. Few clients wait for more then, and an idle stream would
 * stay open unnoticed. A finite answer that is sent in parts gets time to finish.
 */
export async function endStream(socket: Duplex, sendReady: () => void): Promise<void> {
  // An answer that is ready in the batch is not a stream.
  sendReady()
  if (isStreaming(socket) && !(await settleExchanges(socket, lingerMs))) socket.end()
}

function responseText({ status, detail, data, shareUnreadable }: Unreadable): string {
  const body = problemBody(status, detail)
  const headers = {
    ...lastHeaders(shareUnreadable(originIn(data))),
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}

/**
 * Returns the `Origin` in the data of an unreadable request. It may have arrived before that data, and Node
 * does not pass on the headers that it has read.
 */
function originIn(data: Buffer | undefined): string | null {
  const origins = data?.toString('latin1').matchAll(/\r\norigin:[ \t]*([^\s]+)[ \t]*\r\n/gi)
  return [...(origins ?? [])].at(-1)?.[1] ?? null
}

function statusOf(code: string | undefined): readonly [number, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'The header section is larger than 16 KB.']
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request took too long to arrive.']
    default:
      return [400, 'The data is not a valid HTTP request.']
  }
}
