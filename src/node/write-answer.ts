import type { ServerResponse } from 'node:http'
import { securityHeaders } from '../http/security-headers.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import type { Answer } from '../yoga/error-answer.ts'
import type { SendBody } from './answer-batch.ts'

type Headers = Answer['headers']

export interface NodeAnswer extends Answer {
  readonly requestId: string
  /** Headers that depend on the request's origin. */
  readonly shared: Headers
}

/** Writes the head of an answer, and has `send` end it. */
export function writeAnswer(response: ServerResponse, answer: NodeAnswer, send: SendBody): void {
  if (response.destroyed) return
  const { status, headers, body, requestId, shared } = answer
  const length = Buffer.byteLength(body)
  response.writeHead(status, [
    ...headerLinesOf(headers)(shared),
    'x-request-id',
    requestId,
    'content-length',
    String(length),
  ])
  // The same bytes, and many times quicker to write, where each character is one.
  send(response, body, length === body.length ? 'latin1' : 'utf8')
}

const fixedHeaders = Object.entries({ 'cache-control': 'no-store', ...securityHeaders })

/** In the place of the headers that depend on the origin, where no browser is to see the answer. */
export const forPrograms: Headers = {}

/** Written with each answer: an operation that sets one would have it there twice (RFC 9112 §6.3). */
const reservedHeaders = new Set(['content-length', 'transfer-encoding', 'x-request-id'])

/** Names and values in turn, by the answer's own headers and those that depend on the origin. */
const headerLinesOf = memoizeWeak((own: Headers) =>
  memoizeWeak((shared: Headers): readonly string[] => {
    const lines = Object.entries(own).filter(([name]) => !reservedHeaders.has(name.toLowerCase()))
    if (shared === forPrograms) return lines.flat()
    const names = new Set(lines.map(([name]) => name.toLowerCase()))
    const fixed = fixedHeaders.filter(([name]) => !names.has(name))
    return [...lines, ...fixed, ...Object.entries(shared)].flat()
  }),
)
