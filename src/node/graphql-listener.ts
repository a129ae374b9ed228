import type { IncomingMessage } from 'node:http'
import type { Completion } from '../http/completion.ts'
import type { Cors } from '../http/cors.ts'
import type { GraphQLEndpoint } from '../http/graphql.ts'
import { BodyTooLargeError, type GraphQLRequest } from '../http/graphql-request.ts'
import { graphqlPath } from '../http/graphql-server.ts'
import { createRequestContext } from '../http/request-context.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'
import type { Answer } from '../yoga/error-answer.ts'
import { sendAtOnce } from './answer-batch.ts'
import { headerReader, type NodeListener } from './node-listener.ts'
import { RequestView } from './request-view.ts'
import { writeAnswer } from './write-answer.ts'

export interface GraphQLListenerParts {
  readonly graphql: GraphQLEndpoint
  readonly cors: Cors
  readonly trustedProxies: TrustedProxies
  /** Called with each request once its answer is ready. */
  readonly completed: Completion
}

/**
 * Answers GraphQL on Node's own request and response; the answer is the same as by a fetch Request and
 * Response, at a third of the cost.
 */
export function createGraphQLListener(parts: GraphQLListenerParts): NodeListener {
  const { graphql, cors, trustedProxies, completed } = parts

  return (message, response, sendBody = sendAtOnce) => {
    const { method = '', url = '' } = message
    if (method !== 'POST' && method !== 'GET') return false
    if (url !== graphqlPath && !url.startsWith(`${graphqlPath}?`)) return false
    const header = headerReader(message)
    if (graphql.isForYoga({ method, header })) return false
    const search = url.slice(graphqlPath.length)

    const started = performance.now()
    const context = createRequestContext(
      header,
      { peerAddress: message.socket.remoteAddress ?? null },
      trustedProxies,
    )
    const request: GraphQLRequest = {
      method,
      search,
      header,
      shown: new RequestView(message, response) as unknown as Request,
      queryParameters: (name) => (search === '' ? none : new URLSearchParams(search).getAll(name)),
      readBody: (maxBytes) => readBody(message, maxBytes),
    }
    function send({ status, headers, body }: Answer): void {
      const { requestId } = context
      const shared = cors.shareHeaders(header('origin'))
      writeAnswer(response, { status, headers, body, requestId, shared }, sendBody)
      completed({ route: graphqlPath, path: graphqlPath, method, status, started }, context)
    }
    // A plugin may want a header that no answer can have.
    const fail = (cause: unknown) => send(graphql.failed(cause, request, context))
    try {
      const answer = graphql.answer(request, context)
      if (answer instanceof Promise) answer.then(send).catch(fail)
      else send(answer)
    } catch (cause) {
      fail(cause)
    }
    return true
  }
}

const none: readonly string[] = []

/** Never settles for a client that goes before it has sent all. */
function readBody(message: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const add = (chunk: Buffer): void => {
      length += chunk.length
      if (length > maxBytes) {
        message.off('data', add)
        reject(new BodyTooLargeError(maxBytes))
      } else chunks.push(chunk)
    }
    if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
      reject(new BodyTooLargeError(maxBytes))
      return
    }
    message.on('data', add)
    message.on('end', () => {
      const [only] = chunks
      const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
      resolve(bytes.toString())
    })
  })
}
