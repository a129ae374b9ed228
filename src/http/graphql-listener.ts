import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import { remembering } from '../remembering.ts'
import { type Answer, errorAnswer } from '../yoga/error-answer.ts'
import type { Completion } from './completion.ts'
import type { Cors } from './cors.ts'
import type { DirectGraphQL } from './direct-graphql.ts'
import { headerReader, type NodeListener } from './node-listener.ts'
import { PostedRequest } from './posted-request.ts'
import { RepeatedHead } from './repeated-head.ts'
import { createRequestContext } from './request-context.ts'
import { securityHeaders } from './security-headers.ts'
import { sendTogether } from './send-together.ts'
import type { TrustedProxies } from './trusted-proxies.ts'
import { graphqlPath, maxBodySize } from './yoga-server.ts'

export interface GraphQLListenerParts {
  readonly direct: DirectGraphQL
  readonly cors: Cors
  readonly trustedProxies: TrustedProxies
  /** Told of each request once its answer is ready. */
  readonly completed: Completion
}

/**
 * Answers what nearly every request is, a POST of a known size, on Node's own request and response;
 * the answer is the same as by a fetch Request and Response, at a third of the cost.
 */
export function createGraphQLListener(parts: GraphQLListenerParts): NodeListener {
  const { direct, cors, trustedProxies, completed } = parts

  return (message, response) => {
    if (!isCommon(message)) return false
    const started = performance.now()
    const header = headerReader(message)
    const context = createRequestContext(
      header,
      { peerAddress: message.socket.remoteAddress ?? null },
      trustedProxies,
    )
    const accept = header('accept')
    const request = new PostedRequest(message, response) as unknown as Request

    function send(answer: Answer): void {
      write(response, answer, context.requestId, cors.shareHeaders(header('origin')))
      const { status } = answer
      completed({ route: graphqlPath, path: graphqlPath, method: 'POST', status, started }, context)
    }
    const fail = (cause: unknown) => send(direct.failed(cause, context, accept))
    const proceed = (refusal: GraphQLError | null): void => {
      if (refusal !== null) {
        send(errorAnswer(refusal, accept))
        return
      }
      readBody(message, (body) => {
        try {
          const answer = direct.answer({ body, accept, request }, context)
          if (answer instanceof Promise) answer.then(send).catch(fail)
          else send(answer)
        } catch (cause) {
          fail(cause)
        }
      })
    }

    try {
      const asked = { method: 'POST', header, queryParameters: noParameters }
      const refusal = direct.admit(asked, request, context)
      if (refusal instanceof Promise) refusal.then(proceed).catch(fail)
      else proceed(refusal)
    } catch (cause) {
      fail(cause)
    }
    return true
  }
}

/** What Node is sure to end at a size that is allowed. */
function isCommon({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    url === graphqlPath &&
    headers.expect === undefined &&
    headers['transfer-encoding'] === undefined &&
    Number(headers['content-length']) <= maxBodySize
  )
}

const noParameters = () => []

/** Never calls back for a client that goes before it has sent all. */
function readBody(message: IncomingMessage, whole: (body: string) => void): void {
  const chunks: Buffer[] = []
  message.on('data', (chunk: Buffer) => chunks.push(chunk))
  message.on('end', () => {
    const [only] = chunks
    const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
    whole(bytes.toString())
  })
}

const fixedHeaders = Object.entries({ 'cache-control': 'no-store', ...securityHeaders })

type Headers = Answer['headers']

/** By an answer's own headers, those that share it, and its status. */
const headsOf = remembering((_own: Headers) =>
  remembering((_shared: Headers) => new Map<number, RepeatedHead>()),
)

function headOf({ status, headers }: Answer, shared: Headers): RepeatedHead {
  const known = headsOf(headers)(shared)
  let head = known.get(status)
  if (head === undefined) {
    head = new RepeatedHead(status, [...linesOf(headers), ...Object.entries(shared).flat()])
    known.set(status, head)
  }
  return head
}

/** Names and values in turn. */
function linesOf(headers: Headers): string[] {
  const own = Object.entries(headers)
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  return [...own, ...fixedHeaders.filter(([name]) => !names.has(name))].flat()
}

function write(response: ServerResponse, answer: Answer, requestId: string, shared: Headers): void {
  if (response.destroyed) return
  const { body } = answer
  const length = Buffer.byteLength(body)
  headOf(answer, shared).write(response, requestId, length)
  // The same bytes, and many times quicker to write, where each character is one.
  sendTogether(response, body, length === body.length ? 'latin1' : 'utf8')
}
