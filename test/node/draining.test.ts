import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Listener, listen } from '../../src/node/listen.ts'

let listener: Listener
let answer: () => void
let bodies: string[]

beforeEach(async () => {
  bodies = []
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve
  })
  listener = await listen({
    host: '127.0.0.1',
    port: 0,
    async handler(request) {
      bodies.push(await request.text())
      if (request.url.endsWith('/slow')) await mayAnswer
      return new Response('answered')
    },
  })
})
afterEach(async () => {
  listener.destroy()
  await listener.close()
})

interface Client {
  readonly socket: Socket
  readonly received: () => string
  readonly closed: Promise<unknown>
}

async function open(): Promise<Client> {
  const socket = connect(listener.port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  return { socket, received: () => text, closed }
}

function isRefused(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

const request = (path: string, body = 'x') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const answersIn = (text: string) => text.match(/HTTP\/1\.1 200 /g)?.length ?? 0

describe('a server that drains', () => {
  it('says in the answer to a request in flight that it closes the connection, and closes it', async () => {
    const { socket, received, closed } = await open()
    socket.write(request('/slow'))
    await vi.waitFor(() => expect(bodies).toHaveLength(1))
    listener.drain()
    answer()
    await closed
    expect(received()).toMatch(/^connection: close\r$/im)
    expect(answersIn(received())).toBe(1)
  })

  it('does so for a later request on a connection, and on a new one', async () => {
    const old = await open()
    old.socket.write(request('/a'))
    await vi.waitFor(() => expect(answersIn(old.received())).toBe(1))
    expect(old.received()).toMatch(/^connection: keep-alive\r$/im)
    listener.drain()
    const fresh = await open()
    for (const { socket } of [old, fresh]) socket.write(request('/b'))
    for (const { closed, received } of [old, fresh]) {
      await closed
      expect(received()).toMatch(/^connection: close\r$/im)
    }
  })

  it('runs no request after the one whose answer closes the connection', async () => {
    const { socket, received, closed } = await open()
    listener.drain()
    socket.write(request('/slow', 'first') + request('/b', 'second'))
    await vi.waitFor(() => expect(bodies).toEqual(['first']))
    answer()
    await closed
    expect(bodies).toEqual(['first'])
    expect(answersIn(received())).toBe(1)
  })
})

describe('a server that has stopped to listen', () => {
  it('still answers a request that arrives on an idle connection a moment later', async () => {
    const { socket, received, closed } = await open()
    socket.write(request('/a'))
    await vi.waitFor(() => expect(answersIn(received())).toBe(1))
    const ended = listener.close()
    await vi.waitFor(async () => expect(await isRefused()).toBe(true))
    await sleep(200)
    socket.write(request('/b'))
    await closed
    await ended
    expect(answersIn(received())).toBe(2)
  })

  it('closes idle connections after a second, also those without any request', async () => {
    const [used, unused] = [await open(), await open()]
    used.socket.write(request('/a'))
    await vi.waitFor(() => expect(answersIn(used.received())).toBe(1))
    const began = performance.now()
    await listener.close()
    await Promise.all([used.closed, unused.closed])
    expect(performance.now() - began).toBeGreaterThan(900)
    expect(performance.now() - began).toBeLessThan(8_000)
  })
})
