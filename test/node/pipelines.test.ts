import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type SendBody, sendAtOnce } from '../../src/node/answer-batch.ts'
import { type Listener, listen } from '../../src/node/listen.ts'
import { createKey, createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')
const post = (path: string, body: string, ...headers: string[]) =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n')
const garbage = '\0\0 garbage\r\n\r\n'

/** Returns everything received until either side closes. */
function text(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let sent = ''
    socket.on('data', (chunk: Buffer) => {
      sent += chunk
    })
    socket.on('error', () => {})
    for (const event of ['end', 'close']) socket.once(event, () => resolve(sent))
  })
}

/** Returns status and last line of each answer, in order. */
const answersIn = (sent: string) =>
  sent
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter((answer) => answer !== '' && !answer.startsWith('HTTP/1.1 100'))
    .map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      return `${head.split(' ')[1]} ${body.includes('"status"') ? 'problem' : body}`.trim()
    })

describe('answers to the requests before unreadable data', () => {
  let listener: Listener | undefined
  let waiting: Map<string, () => void>
  let begun: string[]

  afterEach(() => {
    listener?.destroy()
    return listener?.close()
  })

  /**
   * Starts a server: `/slow…` answers when the test allows it, `/ready` at the end of the turn; `/stream`
   * starts and never ends; a posted body is read completely first.
   */
  async function open(
    options: { pendingAnswersTimeoutMs?: number; requestTimeoutMs?: number } = {},
  ): Promise<Socket> {
    waiting = new Map()
    begun = []
    let sendBody: SendBody = sendAtOnce
    const answer = (response: ServerResponse, body: string) => {
      response.writeHead(200, { 'content-length': body.length })
      sendBody(response, body, 'utf8')
    }
    listener = await listen({
      host: '127.0.0.1',
      port: 0,
      ...options,
      handler: () => new Response('by the handler'),
      listener: ({ url = '', method }, response, send = sendAtOnce) => {
        sendBody = send
        begun.push(url)
        const { req } = response
        if (url === '/early') answer(response, url)
        else if (url === '/stream') response.writeHead(200).write('begun')
        else if (url.startsWith('/slow')) waiting.set(url, () => answer(response, url))
        else if (method === 'POST') req.resume().on('end', () => answer(response, url))
        else answer(response, url)
        return true
      },
    })
    const socket = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }

  const arrived = (path: string) => vi.waitFor(() => expect(begun).toContain(path))

  it.each([
    ['one', ['/a'], ['200 /a']],
    ['several', ['/a', '/b', '/c'], ['200 /a', '200 /b', '200 /c']],
  ])('are sent before the 400: %s', async (_name, paths, expected) => {
    const socket = await open()
    socket.write(paths.map((path) => get(path)).join('') + garbage)
    expect(answersIn(await text(socket))).toEqual([...expected, '400 problem'])
  })

  it.each([
    ['keeps its side open', false],
    ['closes its side', true],
  ])('are waited for if the client %s', async (_name, closes) => {
    const socket = await open()
    const sent = text(socket)
    socket.write(get('/slow1') + get('/slow2') + get('/c') + garbage)
    if (closes) socket.end()
    await arrived('/c')
    waiting.get('/slow2')?.()
    waiting.get('/slow1')?.()
    expect(answersIn(await sent)).toEqual(['200 /slow1', '200 /slow2', '200 /c', '400 problem'])
  })

  it('are waited for however much unreadable data follows, in any pieces', async () => {
    const socket = await open()
    const sent = text(socket)
    socket.write(get('/slow'))
    await arrived('/slow')
    for (let n = 0; n < 5; n++) {
      socket.write(garbage + get('/never'))
      await new Promise((done) => setImmediate(done))
    }
    waiting.get('/slow')?.()
    expect(answersIn(await sent)).toEqual(['200 /slow', '400 problem'])
    expect(begun).toEqual(['/slow'])
  })

  it.each([
    ['a header section that is too large', get('/x', `X: ${'x'.repeat(20_000)}`), '431 problem'],
    ['an invalid chunk', `${get('/x', 'Transfer-Encoding: chunked')}zz\r\n`, '400 problem'],
    ['a tunnel', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', '400 problem'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 problem'],
    ['two lengths', post('/x', 'a', 'Content-Length: 2'), '400 problem'],
    ['an invalid target', 'GET x HTTP/1.1\r\nHost: x\r\n\r\n', '400 problem'],
    ['two hosts', get('/x', 'Host: y'), '400 problem'],
  ])('are sent before the answer to %s', async (_name, unreadable, expected) => {
    const socket = await open()
    const sent = text(socket)
    socket.write(get('/slow') + post('/b', 'body') + unreadable)
    await arrived('/b')
    waiting.get('/slow')?.()
    const answers = answersIn(await sent)
    expect(answers.slice(0, 2)).toEqual(['200 /slow', '200 /b'])
    expect(answers.at(-1)).toBe(expected)
  })

  it('are sent before a later request on the connection is answered 408', async () => {
    const socket = await open({ requestTimeoutMs: 100 })
    const sent = text(socket)
    socket.write(`${get('/slow')}GET /b HTTP/1.1\r\n`)
    await arrived('/slow')
    // Node looks for late ones ten times in that time.
    await new Promise((done) => setTimeout(done, 300))
    socket.write('Host: x\r\n\r\n')
    waiting.get('/slow')?.()
    expect(answersIn(await sent)).toEqual(['200 /slow', '408 problem'])
    expect(begun).toEqual(['/slow'])
  })

  it('do not include the request whose own body is unreadable', async () => {
    const socket = await open()
    socket.write(
      `${get('/a')}POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    )
    expect(answersIn(await text(socket))).toEqual(['200 /a', '400 problem'])
    expect(begun).toEqual(['/a', '/b'])
  })

  it('are waited for only until the timeout, and then nothing is sent in their place', async () => {
    const socket = await open({ pendingAnswersTimeoutMs: 50 })
    socket.write(get('/slow') + garbage)
    expect(await text(socket)).toBe('')
  })

  it('are never mixed with the 400', async () => {
    const socket = await open({ pendingAnswersTimeoutMs: 50 })
    socket.write(get('/stream') + garbage)
    const sent = await text(socket)
    expect(sent).toMatch(/begun/)
    expect(sent).not.toMatch(/400/)
  })

  it('are sent to a client that closes its side before they are ready', async () => {
    const socket = await open()
    const sent = text(socket)
    socket.end(get('/slow1') + get('/slow2'))
    await arrived('/slow2')
    waiting.get('/slow1')?.()
    await once(socket, 'data')
    waiting.get('/slow2')?.()
    expect(answersIn(await sent)).toEqual(['200 /slow1', '200 /slow2'])
  })

  it('end if the client closes its side and they are streams', async () => {
    const socket = await open()
    socket.write(get('/stream'))
    await once(socket, 'data')
    const closed = once(socket, 'close')
    socket.end()
    socket.resume()
    await closed
  })

  it('are the last: a request after one that closes the connection does not run', async () => {
    const socket = await open()
    socket.write(get('/a') + get('/x', 'Host: y') + get('/never'))
    expect(answersIn(await text(socket))).toEqual(['200 /a', '400 problem'])
    expect(begun).toEqual(['/a'])
  })

  it('leave no open connection to a client that never closes its side', async () => {
    const socket = await open()
    socket.write(garbage)
    expect(answersIn(await text(socket))).toEqual(['400 problem'])
    await vi.waitFor(
      () => {
        socket.write('anything')
        expect(socket.closed).toBe(true)
      },
      { timeout: 10_000 },
    )
  })
})

describe('a mutation', () => {
  let app: TestApp
  let server: Awaited<ReturnType<typeof listenWith>>
  let create: string
  const asked = (name: string) => {
    const variables = { input: { name, scopes: ['read:users'] } }
    const body = JSON.stringify({ query: createKey, variables })
    return post('/graphql', body, 'Content-Type: application/json', create)
  }

  beforeAll(async () => {
    app = await createTestApp()
    server = await listenWith(app)
    const jwt = await app.jwt('alice', ['read:users', 'write:keys'])
    create = `Authorization: Bearer ${jwt}`
    // Opens connections to the database, which would take long below.
    const ask = () => app.ask('{ viewer { subject } users { totalCount } }', { as: jwt })
    await Promise.all([ask(), ask(), ask()])
  })
  afterAll(async () => {
    await server.close()
    await app.close()
  })

  it.each([
    ['garbage', garbage, '400'],
    ['garbage and the end', `${garbage}`, '400', true],
    ['the end', '', '200', true],
    ['a tunnel', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['half a request', 'GET / HT', '400', true],
  ])('that still runs is answered if %s arrives', async (name, rest, last, ends = false) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    const sent = text(socket)
    app.network.delay(30)
    const running = app.network.passed(`${name} 1`)
    socket.write(asked(`${name} 1`) + asked(`${name} 2`))
    await running
    socket.write(rest)
    if (ends) socket.end()
    app.network.delay(0)
    const answers = answersIn(await sent)
    const secrets = answers.map((answer) => /"secret":"(lk_\w+)"/.exec(answer)?.[1])
    for (const secret of secrets.slice(0, 2)) {
      expect((await app.ask('{ viewer { subject } }', { as: secret ?? '' })).body).toEqual({
        data: { viewer: { subject: 'alice' } },
      })
    }
    expect(answers.at(-1)).toMatch(last)
    const made = await app.sql`select name from latchkey.api_keys where name like ${`${name} %`}`
    expect(made).toHaveLength(2)
  })
})
