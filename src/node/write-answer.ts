import type { ServerResponse } from 'node:http'
import { securityHeaders } from '../http/security-headers.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import type { Answer } from '../yoga/error-answer.ts'
import type { SendBody } from './answer-batch.ts'

type Headers = Answer['headers']

/**
 * Writes the head of an answer, and calls `send` to write its body and end it.
 *
 * @param shared the CORS headers, which depend on the request's `Origin`
 */
export function writeAnswer(
  response: ServerResponse,
  { status, headers, body }: Answer,
  requestId: string,
  shared: Headers,
  send: SendBody,
): void {
  if (response.destroyed) return
  const length = Buffer.byteLength(body)
  response.writeHead(status, [
    ...headerLinesOf(headers)(shared),
    'x-request-id',
    requestId,
    'content-length',
    String(length),
  ])
  // If each character is one byte, latin1 writes the same bytes many times faster than utf8.
  send(response, body, length === body.length ? 'latin1' : 'utf8')
}

const fixedHeaders = Object.entries({ 'cache-control': 'no-store', ...securityHeaders })

/** Replaces the CORS headers on answers for programs: these get no headers for browsers. */
export const forPrograms: Headers = {}

/** Headers that `writeAnswer` itself writes. An operation must not add a second one (RFC 9112 §6.3). */
const reservedHeaders = new Set(['content-length', 'transfer-encoding', 'x-request-id'])

/** Returns names and values alternately, cached by the answer's own headers and the CORS headers. */
const headerLinesOf = memoizeWeak((own: Headers) =>
  memoizeWeak((shared: Headers): readonly string[] => {
    const lines = Object.entries(own).filter(([name]) => !reservedHeaders.has(name.toLowerCase()))
    if (shared === forPrograms) return lines.flat()
    const names = new Set(lines.map(([name]) => name.toLowerCase()))
    const fixed = fixedHeaders.filter(([name]) => !names.has(name))
    return [...lines, ...fixed, ...Object.entries(shared)].flat()
  }),
)
