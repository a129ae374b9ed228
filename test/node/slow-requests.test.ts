import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../src/node/listen.ts'

const requestTimeoutMs = 300
let listener: Listener | undefined
let read: string[]

afterEach(() => {
  listener?.destroy()
  return listener?.close()
})

async function open(time = requestTimeoutMs): Promise<Socket> {
  read = []
  listener = await listen({
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs: time,
    handler: async (request) => {
      read.push(await request.text())
      return new Response('answered')
    },
  })
  const socket = connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Returns everything received until the server closes, and the time that took in milliseconds. */
async function answerTo(socket: Socket): Promise<{ answer: string; milliseconds: number }> {
  const started = performance.now()
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return { answer, milliseconds: performance.now() - started }
}

/** Sends `text` over and over, a byte at a time, each well before any limit. */
function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.writable) socket.write(text.charAt(at++ % text.length))
  }, 20)
  socket.on('close', () => clearInterval(timer))
}

describe('a request whose', () => {
  it.each([
    ['headers never end', 'POST /graphql HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'],
    ['first line never ends', 'GET /', 'a'],
    [
      'body never ends',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n',
      '{"a":1} ',
    ],
    [
      'chunks never end',
      'POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      '1\r\na\r\n',
    ],
  ])('%s is answered 408 and its connection closed', async (_name, start, rest) => {
    const socket = await open()
    socket.write(start)
    drip(socket, rest)
    const { answer, milliseconds } = await answerTo(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i)
    expect(answer).toMatch(/\r\nConnection: close\r\n/i)
    expect(milliseconds).toBeGreaterThan(requestTimeoutMs / 2)
    expect(read).toEqual([])
  })

  it('bytes all arrive in time is answered', async () => {
    const socket = await open(10_000)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n')
    for (const byte of 'hello') {
      await new Promise<unknown>((sent) => socket.write(byte, sent))
    }
    const { answer } = await answerTo(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(read).toEqual(['hello'])
  })
})

it('another request on the same connection has its own time', async () => {
  const socket = await open()
  const get = 'GET / HTTP/1.1\r\nHost: x\r\n'
  socket.write(`${get}\r\n`)
  await once(socket, 'data')
  await new Promise((resolve) => setTimeout(resolve, requestTimeoutMs * 1.5))
  expect(socket.closed).toBe(false)
  socket.write(`${get}Connection: close\r\n\r\n`)
  expect((await answerTo(socket)).answer).toMatch(/^HTTP\/1\.1 200 /)
})
