import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Answer } from '../../src/yoga/error-answer.ts'
import { type Answering, jsonAnswer, startDirectListener } from '../support/direct-listener.ts'
import { send } from '../support/listening.ts'

/* The Node adapter: how it writes an answer, and how it handles a client that has disconnected. */

let adapter: Awaited<ReturnType<typeof startDirectListener>>

beforeAll(async () => {
  adapter = await startDirectListener()
})
afterAll(() => adapter.close())
beforeEach(() => adapter.answer(echo))

const echo: Answering = async (request) => jsonAnswer(await request.readBody(100))

describe('a client that disconnects', () => {
  /** Sends `text`, and resolves after a request was passed on and `until` has resolved. */
  async function begun(text: string, until: () => void): Promise<Socket> {
    const socket = connect(adapter.port, '127.0.0.1')
    socket.on('error', () => {}).write(text)
    await vi.waitFor(until, { timeout: 10_000 })
    return socket
  }
  /** Unlike `once`, does not reject on an earlier error. */
  const closed = (socket: Socket) => new Promise<unknown>((done) => socket.once('close', done))
  const read = vi.fn()
  beforeEach(() => read.mockClear())
  const posted = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n'

  it('before its answer aborts the signal, and is sent nothing', async () => {
    let answer = (_answer: Answer): void => {}
    adapter.answer(async (request) => {
      read(await request.readBody(100))
      return new Promise((resolve) => {
        answer = resolve
      })
    })
    const socket = await begun(`${posted}body`, () => expect(read).toHaveBeenCalledWith('body'))
    const { signal } = adapter.received().shown
    expect(adapter.received().shown.signal).toBe(signal)
    expect(signal.aborted).toBe(false)
    const aborted = once(signal, 'abort')
    socket.resetAndDestroy()
    await aborted
    answer(jsonAnswer('late'))
    await vi.waitFor(() => expect(adapter.completed).toHaveBeenCalledOnce(), { timeout: 10_000 })
    expect(adapter.causes).toEqual([])
    adapter.answer(echo)
    expect((await adapter.post('next')).body).toBe('next')
  })

  it('aborts the signal even if it is first read afterwards', async () => {
    adapter.answer(async (request) => {
      read(await request.readBody(100))
      return new Promise(() => {})
    })
    const socket = await begun(`${posted}body`, () => expect(read).toHaveBeenCalledWith('body'))
    const gone = closed(adapter.connection())
    socket.resetAndDestroy()
    await gone
    expect(adapter.received().shown.signal.aborted).toBe(true)
  })

  it('before it has sent its body causes no operation to run', async () => {
    adapter.answer((request) => request.readBody(100).then(read))
    const socket = await begun(`${posted}bo`, () => expect(adapter.requests).toHaveLength(1))
    const gone = closed(adapter.connection())
    socket.destroy()
    await gone
    expect(adapter.received().shown.signal.aborted).toBe(true)
    expect((await send(adapter.port, '/other')).headers['x-left']).toBe('GET')
    expect(read).not.toHaveBeenCalled()
    expect(adapter.completed).not.toHaveBeenCalled()
  })

  it('does not abort a request that was already answered on the connection', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    adapter.answer(async ({ shown: { signal } }) => jsonAnswer(String(signal.aborted)))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 12; i++) {
      expect((await send(adapter.port, '/graphql', [], { agent })).body).toBe('false')
    }
    agent.destroy()
    expect(adapter.requests.map(({ shown }) => shown.signal.aborted)).toEqual(Array(12).fill(false))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })
})

describe('an answer', () => {
  it.each([
    ['at once', () => jsonAnswer('{"data":1}')],
    ['later', async () => jsonAnswer('{"data":1}')],
  ])(
    'that is returned %s is written unchanged, with the headers of every answer',
    async (_name, answer) => {
      adapter.answer(answer)
      const { status, headers, body } = await adapter.post('x', ['X-Request-Id', 'its-own'])
      const { date: _date, ...written } = headers
      expect({ status, written, body }).toEqual({
        status: 200,
        written: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': '10',
          'cache-control': 'no-store',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
          'x-frame-options': 'DENY',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'x-request-id': 'its-own',
          vary: 'Origin',
          connection: 'close',
        },
        body: '{"data":1}',
      })
      expect(adapter.completed).toHaveBeenCalledExactlyOnceWith(
        {
          route: '/graphql',
          path: '/graphql',
          method: 'POST',
          status,
          started: expect.any(Number),
        },
        adapter.contexts[0],
      )
    },
  )

  it('has its own header instead of the one of every answer', async () => {
    adapter.answer(() => ({
      ...jsonAnswer(''),
      headers: { 'Cache-Control': 'max-age=1', 'x-a': 'b' },
    }))
    const { rawHeaders } = await adapter.post('x')
    const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names.filter((name) => name === 'cache-control')).toHaveLength(1)
    expect(rawHeaders).toEqual(expect.arrayContaining(['Cache-Control', 'max-age=1', 'x-a', 'b']))
  })

  it.each(['', 'a', 'é', 'ü 漢 🎉', '漢'.repeat(50_000)])(
    'has the length of its bytes (%#)',
    async (text) => {
      adapter.answer(() => jsonAnswer(text))
      const { headers, body } = await adapter.post('x')
      expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
      expect(body).toBe(text)
    },
  )

  it('may be read by pages of an allowed origin, and no other', async () => {
    const origins = ['https://app.example', 'https://evil.example']
    const answers = await Promise.all(
      origins.map((origin) => adapter.post('x', ['Origin', origin])),
    )
    expect(answers.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([
      'https://app.example',
      undefined,
    ])
  })

  it('belongs to its request on a connection that stays open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    adapter.answer(async (request) => ({
      ...jsonAnswer(await request.readBody(100)),
      status: request.header('x-n') === '1' ? 200 : 403,
    }))
    for (const n of ['1', '2', '1', '2']) {
      const sent = ['X-N', n, 'X-Request-Id', `id-${n}`]
      const options = { method: 'POST', body: `ü${n}`, agent }
      const answer = await send(adapter.port, '/graphql', sent, options)
      expect(answer).toMatchObject({ status: n === '1' ? 200 : 403, body: `ü${n}` })
      expect(answer.headers['x-request-id']).toBe(`id-${n}`)
    }
    agent.destroy()
  })

  const cause = new Error('broken')
  it.each<[string, Answering, unknown]>([
    [
      'is thrown',
      () => {
        throw cause
      },
      cause,
    ],
    ['is rejected', () => Promise.reject(cause), cause],
    [
      'has a header that no answer can have',
      () => ({ ...jsonAnswer(''), headers: { 'x-reason': 'a\r\nb' } }),
      expect.objectContaining({ code: 'ERR_INVALID_CHAR' }),
    ],
    [
      'has such a header, and is returned later',
      async () => ({ ...jsonAnswer(''), headers: { 'x-reason': 'a\r\nb' } }),
      expect.objectContaining({ code: 'ERR_INVALID_CHAR' }),
    ],
  ])('that %s is replaced by the answer to a failure', async (_name, answer, expected) => {
    adapter.answer(answer)
    expect(await adapter.post('x')).toMatchObject({ status: 500, body: 'failed' })
    expect(adapter.causes).toEqual([expected])
    expect(adapter.completed).toHaveBeenCalledOnce()
  })
})
