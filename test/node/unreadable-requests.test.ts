import { once } from 'node:events'
import { connect } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../src/node/listen.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let listener: Listener

beforeAll(async () => {
  app = await createTestApp()
  listener = await listen({ host: '127.0.0.1', port: 0, handler: app.fetch })
})
afterAll(async () => {
  listener.destroy()
  await listener.close()
  await app.close()
})

/** Sends one request without a body unchanged, over its own socket. */
async function raw(...lines: string[]): Promise<string> {
  const socket = connect(listener.port, '127.0.0.1')
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'))
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk
  })
  await once(socket, 'close')
  return answer
}

describe('a request', () => {
  it.each([
    // This comes first, because the cache of hosts is empty at the start.
    ['with an empty Host', ['GET /healthz HTTP/1.1', 'Host:']],
    ['with an invalid Host', ['GET /healthz HTTP/1.1', 'Host: a b/\\']],
    ['with a path in its Host', ['GET /healthz HTTP/1.1', 'Host: x/y']],
    ['without a Host', ['GET /healthz HTTP/1.1']],
    ['for the server as a whole', ['OPTIONS * HTTP/1.1', 'Host: x']],
    ['for an invalid URL', ['GET http://[x/healthz HTTP/1.1', 'Host: x']],
  ])(
    '%s is a bad request, with a message and a request id, and without internals',
    async (_name, lines) => {
      const answer = await raw(...lines)
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toMatch(/^x-request-id: \S+/im)
      expect(answer).toMatch(/^content-type: application\/problem\+json/im)
      expect(answer).not.toMatch(/Error|\.ts|\.js|node:/)
    },
  )

  it.each([
    ['for an absolute URL', ['GET http://x.example/healthz HTTP/1.1', 'Host: other']],
    [
      'for an absolute URL without a path, which means /',
      ['GET http://x.example?a HTTP/1.1', 'Host: x'],
      200,
    ],
    ['of HTTP/1.0 without a Host', ['GET /healthz HTTP/1.0']],
    [
      'that expects something unheard-of',
      ['GET /healthz HTTP/1.1', 'Host: x', 'Expect: a-miracle'],
    ],
  ])('%s is answered', async (_name, lines, status = 200) => {
    const answer = await raw(...lines)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toMatch(/^x-request-id: \S+/im)
  })
})

it('with an invalid Host is a bad request behind a foreign adapter too', async () => {
  const adapter = createServerAdapter((request) => app.fetch(request))
  const answer = await adapter.fetch({
    url: 'http://a b/graphql',
    headers: new Headers(),
  } as Request)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('x-request-id')).toMatch(/\S/)
})
