import { type ServerResponse, STATUS_CODES } from 'node:http'
import { newRequestId } from '../http/request-context.ts'
import { securityHeaders } from '../http/security-headers.ts'

/**
 * Answers with problem details (RFC 9457 §3) what is not read any further, and closes its connection:
 * where one request is not understood, its end may not be either.
 */
export function sendProblem(response: ServerResponse, status: number, detail: string): void {
  response
    .writeHead(status, {
      ...securityHeaders,
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'x-request-id': newRequestId(),
      connection: 'close',
    })
    .end(problemBody(status, detail))
}

/** The same as text. */
export function problemBody(status: number, detail: string): string {
  return `${JSON.stringify({ title: STATUS_CODES[status], status, detail })}\n`
}
