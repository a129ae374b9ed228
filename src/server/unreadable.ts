import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { newRequestId } from '../http/request-context.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { sendReady } from '../http/send-together.ts'

const fixedHeaders = Object.entries(securityHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** Answers what could not be read as a request at all: too large a header, a broken or a slow one. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // To what was asked before it on the same connection.
  sendReady()
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, detail] = statusOf(error.code)
  const body = `${JSON.stringify({ title: STATUS_CODES[status], status, detail })}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${newRequestId()}\r\n` +
      fixedHeaders +
      'Connection: close\r\n\r\n' +
      body,
  )
}

/** Answers a request whose target, or whose `Host`, makes no URL. */
export function answerUnreadableTarget(res: ServerResponse): void {
  const status = 400
  const detail = 'The request target or the Host header is not valid.'
  res
    .writeHead(status, {
      ...securityHeaders,
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'x-request-id': newRequestId(),
      connection: 'close',
    })
    .end(`${JSON.stringify({ title: STATUS_CODES[status], status, detail })}\n`)
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
