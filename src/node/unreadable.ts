import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problemBody, problemType } from '../http/problem.ts'
import { newRequestId } from '../http/request-context.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { isStreaming, refuseFurtherRequests, settleExchanges } from './exchanges.ts'

const fixedHeaders = Object.entries(securityHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** Milliseconds for a client to read the last answer and close its side, and for the rest of a stream. */
const lingerMs = 1_000

export interface AnswerTiming {
  /** Milliseconds that the answers to what came before it may take. */
  readonly pendingAnswersTimeoutMs: number
  /** Sends the answers that are ready. */
  readonly sendReady: () => void
}

/** How a connection is ended on which something came that could not be read as a request. */
interface Unreadable extends AnswerTiming {
  readonly status: number
  readonly detail: string
}

/** Ends a connection for an error that Node reports: too large a header, a broken or a slow request. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  timing: AnswerTiming,
): void {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy()
    return
  }
  const [status, detail] = statusOf(error.code)
  void answerUnreadable(socket, { status, detail, ...timing })
}

/**
 * Answers what could not be read, after everything that was asked before it on the same connection: a
 * mutation that ran has its answer, whose secret is nowhere else. Where that takes too long the
 * connection is closed without a word, since the client would take it for the missing answer.
 */
export async function answerUnreadable(socket: Duplex, unreadable: Unreadable): Promise<void> {
  // What follows is as unreadable, and was answered for.
  if (!refuseFurtherRequests(socket)) return
  // Node would end the connection with the last answer once the client has closed its side.
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
 * Ends a stream whose client has closed its side: few wait for more then, and one that is silent would
 * go on unnoticed. An answer that only comes in pieces has time for the rest.
 */
export async function endStream(socket: Duplex, sendReady: () => void): Promise<void> {
  // What is ready is no stream.
  sendReady()
  if (isStreaming(socket) && !(await settleExchanges(socket, lingerMs))) socket.end()
}

function responseText({ status, detail }: Unreadable): string {
  const body = problemBody(status, detail)
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
    `Content-Type: ${problemType}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `X-Request-Id: ${newRequestId()}\r\n` +
    fixedHeaders +
    `Connection: close\r\n\r\n${body}`
  )
}

function statusOf(code: string | undefined): readonly [number, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'The header section is larger than 16 KB.']
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'The request took too long to arrive.']
    default:
      return [400, 'That was no HTTP request.']
  }
}
