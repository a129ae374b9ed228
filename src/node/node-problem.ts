import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { problemBody, problemType } from '../http/problem.ts'
import { securityHeaders } from '../http/security-headers.ts'

/**
 * Answers a request that is not read further with problem details (RFC 9457 §3), and closes its connection:
 * if a request is invalid, it may be unclear where it ends.
 *
 * @param shared the CORS headers. Default: none
 */
export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  shared: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, lastHeaders(shared)).end(problemBody(status, detail))
}

/** Returns the headers of problem details after which the connection is closed. */
export function lastHeaders(shared: Readonly<Record<string, string>>) {
  return {
    ...securityHeaders,
    ...shared,
    'cache-control': 'no-store',
    'content-type': problemType,
    'x-request-id': randomUUID(),
    connection: 'close',
  }
}
