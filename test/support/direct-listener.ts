import type { Socket } from 'node:net'
import { vi } from 'vitest'
import { createCors } from '../../src/http/cors.ts'
import type { DirectEndpoint, HttpRequest } from '../../src/http/endpoint.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { trustedProxies } from '../../src/net/trusted-proxies.ts'
import { createDirectListener } from '../../src/node/direct-listener.ts'
import { listen } from '../../src/node/listen.ts'
import type { Answer } from '../../src/yoga/error-answer.ts'
import { send } from './listening.ts'

export type Answering = (
  request: HttpRequest,
  context: RequestContext,
) => Answer | Promise<Answer> | never

export const jsonAnswer = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
})

/**
 * Starts the real server with the Node adapter for one endpoint. Each test defines the answer and sees
 * the requests that the endpoint receives.
 */
export async function startDirectListener() {
  const requests: HttpRequest[] = []
  const contexts: RequestContext[] = []
  const causes: unknown[] = []
  const completed = vi.fn()
  let answering: Answering
  let connection: Socket | undefined
  const endpoint: DirectEndpoint = {
    route: '/graphql',
    isForBrowsers: true,
    takes: (request) =>
      (request.method === 'POST' || request.method === 'GET') &&
      /^\/graphql(\?|$)/.test(request.target) &&
      request.header('x-for-yoga') === null,
    answer(request, context) {
      requests.push(request)
      contexts.push(context)
      return answering(request, context)
    },
    failed(cause) {
      causes.push(cause)
      return { ...jsonAnswer('failed'), status: 500 }
    },
  }
  const adapter = createDirectListener({
    endpoints: [endpoint],
    cors: createCors({ origins: ['https://app.example'], credentialHeaders: ['authorization'] }),
    trustedProxies: trustedProxies([{ address: '127.0.0.1', bits: 32 }]),
    completed,
  })
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    handler: ({ method }) => new Response(null, { headers: { 'x-left': method } }),
    listener(message, response, sendBody) {
      connection = message.socket
      return adapter(message, response, sendBody)
    },
  })

  return {
    port: server.port,
    requests,
    contexts,
    /** The failures while answering. */
    causes,
    completed,
    /** Sets the answer from now on, and discards the requests received before. */
    answer(next: Answering): void {
      answering = next
      for (const list of [requests, contexts, causes]) list.length = 0
      completed.mockClear()
    },
    /** Returns the first request that the endpoint received. */
    received(): HttpRequest {
      const [request] = requests
      if (request === undefined) throw new Error('No request was received.')
      return request
    },
    /** Returns the connection of the last request on the side of the server. */
    connection(): Socket {
      if (connection === undefined) throw new Error('No request was sent.')
      return connection
    },
    post: (body: string, headers: readonly string[] = [], target = '/graphql') =>
      send(server.port, target, headers, { method: 'POST', body }),
    close() {
      server.destroy()
      return server.close()
    },
  }
}
