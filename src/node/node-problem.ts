import type { ServerResponse } from 'node:http'
import { problemBody, problemType } from '../http/problem.ts'
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
      'content-type': problemType,
      'x-request-id': newRequestId(),
      connection: 'close',
    })
    .end(problemBody(status, detail))
}
