import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BodyTooLargeError, type HttpRequest } from '../../src/http/endpoint.ts'
import { type Answering, jsonAnswer, startDirectListener } from '../support/direct-listener.ts'
import { send } from '../support/listening.ts'

/* The Node adapter: the request that it passes on. */

let adapter: Awaited<ReturnType<typeof startDirectListener>>

beforeAll(async () => {
  adapter = await startDirectListener()
})
afterAll(() => adapter.close())
beforeEach(() => adapter.answer(echo))

const echo: Answering = async (request) => jsonAnswer(await request.readBody(100))

describe('a request', () => {
  it.each([
    ['POST', '/graphql', ''],
    ['GET', '/graphql', ''],
    ['GET', '/graphql?', '?'],
    ['GET', '/graphql?query=%7Ba%7D&a=+%zz&a=%C3%BC', '?query=%7Ba%7D&a=+%zz&a=%C3%BC'],
    ['POST', '/graphql?api_key=x', '?api_key=x'],
    ['GET', '/graphql?a=/../b', '?a=/../b'],
  ])('%s %s is passed on with its query as the client sent it', async (method, target, search) => {
    expect((await send(adapter.port, target, [], { method })).status).toBe(200)
    expect(adapter.received()).toMatchObject({ method, target: `/graphql${search}` })
  })

  it('has the parameters of its query decoded, including repeated ones', async () => {
    await adapter.post('x', [], '/graphql?api_key=a%20b&api_key=c')
    expect(adapter.received().queryParameters('api_key')).toEqual(['a b', 'c'])
    expect(adapter.received().queryParameters('other')).toEqual([])
  })

  it.each([
    ['HEAD', '/graphql', []],
    ['PUT', '/graphql', []],
    ['DELETE', '/graphql', []],
    ['OPTIONS', '/graphql', []],
    ['POST', '/graphql/', []],
    ['POST', '/graphqlx', []],
    ['POST', '/other', []],
    ['POST', '/GraphQL', []],
    ['GET', '/graphql', ['X-For-Yoga', '1']],
  ])(
    '%s %s is left to the fetch adapter if it has no direct endpoint',
    async (method, target, headers) => {
      const answer = await send(adapter.port, target, headers, { method })
      expect(answer.headers['x-left']).toBe(method)
      expect(adapter.requests).toEqual([])
      expect(adapter.completed).not.toHaveBeenCalled()
    },
  )

  it('has its headers read by lower-case names', async () => {
    await adapter.post('x', ['X-API-Key', ' a key ', 'X-Empty', ''])
    const received = adapter.received()
    const values = ['x-api-key', 'x-empty', 'x-none'].map((name) => received.header(name))
    expect(values).toEqual(['a key', '', null])
  })

  it('has all values of a repeated header', async () => {
    await adapter.post('x', ['Authorization', 'a', 'X-A', '1', 'authorization', 'b', 'x-a', '2'])
    const received = adapter.received()
    const { headers } = received.shown
    for (const [name, value] of [
      ['authorization', 'a, b'],
      ['x-a', '1, 2'],
    ] as const) {
      expect([received.header(name), headers.get(name)]).toEqual([value, value])
    }
  })

  it('has the address of its peer, and of its client behind a trusted proxy', async () => {
    await adapter.post('x', ['X-Forwarded-For', '203.0.113.7', 'X-Request-Id', 'its-own'])
    expect(adapter.contexts[0]).toMatchObject({ peerAddress: '127.0.0.1', requestId: 'its-own' })
    expect(adapter.contexts[0]?.clientAddress()).toBe('203.0.113.7')
  })

  it('is visible as a Request whose body was read', async () => {
    await adapter.post('x', ['Host', 'api.example', 'Content-Type', 'text/x'], '/graphql?a=1')
    const { shown } = adapter.received()
    expect(shown).toMatchObject({ method: 'POST', body: null, bodyUsed: true })
    expect(shown.url).toBe('http://api.example/graphql?a=1')
    expect(shown.headers.get('content-type')).toBe('text/x')
    expect(shown.headers).toBe(shown.headers)
  })
})

/** Sends `parts`, and resolves with everything received until the connection closes. */
async function exchange(...parts: readonly string[]): Promise<string> {
  const socket = connect(adapter.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  socket.write(parts.join('\r\n'))
  await once(socket, 'close')
  return text
}

const closing = ['POST /graphql HTTP/1.1', 'Host: x', 'Connection: close']

describe('a body', () => {
  const limit = 100
  const tooLarge = async (request: HttpRequest) => {
    await expect(request.readBody(limit)).rejects.toBeInstanceOf(BodyTooLargeError)
    return { ...jsonAnswer('too large'), status: 413 }
  }

  it.each(['', 'a', 'ü 漢 🎉', '\u{feff}{}', 'a'.repeat(limit), `${'ü'.repeat(limit / 2)}`])(
    'is read as UTF-8 unchanged: %j',
    async (body) => {
      const answer = await adapter.post(body)
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body })
    },
  )

  it('is read if it is empty by its length, or has no length', async () => {
    for (const framing of [['Content-Length: 0'], []]) {
      expect(await exchange(...closing, ...framing, '', '')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s)
    }
  })

  it('is read in chunks, which may split a character', async () => {
    const answer = httpRequest({
      port: adapter.port,
      path: '/graphql',
      method: 'POST',
      agent: false,
    })
    const bytes = Buffer.from('ü 漢 🎉')
    for (const byte of bytes) answer.write(Buffer.of(byte))
    answer.end()
    const [response] = await once(answer, 'response')
    expect(response.statusCode).toBe(200)
    expect(Buffer.concat(await response.toArray())).toEqual(bytes)
    expect(adapter.received().header('transfer-encoding')).toBe('chunked')
  })

  it.each(['a'.repeat(limit + 1), 'ü'.repeat(limit / 2 + 1)])(
    'that has more bytes than the limit is not read: %j',
    async (body) => {
      adapter.answer(tooLarge)
      expect((await adapter.post(body)).status).toBe(413)
    },
  )

  it('of a length above the limit is refused before any of it arrives', async () => {
    adapter.answer(tooLarge)
    const socket = connect(adapter.port, '127.0.0.1')
    socket.write([...closing, `Content-Length: ${limit + 1}`, '', ''].join('\r\n'))
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  it('in chunks is refused as soon as they exceed the limit', async () => {
    adapter.answer(tooLarge)
    const socket = connect(adapter.port, '127.0.0.1')
    const chunk = `${(limit + 1).toString(16)}\r\n${'a'.repeat(limit + 1)}\r\n`
    socket.write([...closing, 'Transfer-Encoding: chunked', '', chunk].join('\r\n'))
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
})
