import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type currentSecond, OwnResponse, RepeatedHead } from '../../src/http/repeated-head.ts'

const lines = ['content-type', 'text/plain', 'x-empty', '', 'x-one', 'a', 'x-one', 'b']

let status = 418
let head: RepeatedHead
let writtenByNode = 0

function answer(request: IncomingMessage, response: ServerResponse): void {
  const id = String(request.headers['x-request-id'])
  const body = `höher ${id}`
  const length = Buffer.byteLength(body)
  if (request.url === '/repeated') {
    const writeHead = vi.spyOn(response, 'writeHead')
    head.write(response, id, length)
    writtenByNode += writeHead.mock.calls.length
  } else {
    // As Node writes each.
    const varying = ['x-request-id', id, 'content-length', String(length)]
    response.writeHead(status, [...lines, ...varying])
  }
  response.end(body)
}

const server = createServer({ keepAliveTimeout: 65_000, ServerResponse: OwnResponse }, answer)
/** Someone else's, who has headers for each client. */
const other = createServer((request, response) => {
  response.setHeader('set-cookie', `session=of-${request.headers['x-request-id']}`)
  answer(request, response)
})

beforeAll(() =>
  Promise.all([server, other].map((one) => once(one.listen(0, '127.0.0.1'), 'listening'))),
)
afterAll(() => {
  server.close()
  other.close()
})

beforeEach(() => {
  status = 418
  head = new RepeatedHead(status, lines)
  writtenByNode = 0
})
afterEach(() => vi.restoreAllMocks())

interface Asked {
  readonly method?: string
  readonly version?: string
  readonly fields?: string
}

/** What was sent on one connection for requests of these ids, but for what tells the time. */
async function bytesFor(
  path: string,
  ids: readonly string[],
  { method = 'GET', version = '1.1', fields = '' }: Asked,
  of: Server = server,
): Promise<string> {
  const socket = connect((of.address() as AddressInfo).port, '127.0.0.1')
  socket.setEncoding('utf8')
  const closed = once(socket, 'close')
  let told = ''
  let heard = () => {}
  socket.on('data', (text: string) => {
    told += text
    heard()
  })
  for (const id of ids) {
    const answered = new Promise<void>((resolve) => {
      heard = () => {
        if (new RegExp(`^x-request-id: ${id}\r[^]*\r\n\r\n`, 'm').test(told)) resolve()
      }
    })
    socket.write(
      `${method} ${path} HTTP/${version}\r\nHost: a.example\r\nX-Request-Id: ${id}\r\n${fields}\r\n`,
    )
    // Each is answered before the next is sent, or the connection was closed.
    await Promise.race([answered, closed])
    if (socket.destroyed) break
  }
  socket.end()
  await closed
  return told.replaceAll(/^Date: .*$/gm, 'Date: …')
}

const ids = ['one', 'two', 'three', 'fourth', 'five', 'six']

describe('an answer given again and again has the head that Node would write', () => {
  it.each<[string, Asked]>([
    ['on a connection that stays open', {}],
    ['without a body', { method: 'HEAD' }],
    ['on a connection that the client closes', { fields: 'Connection: close\r\n' }],
    ['by HTTP/1.0', { version: '1.0' }],
    ['by HTTP/1.0 kept open', { version: '1.0', fields: 'Connection: keep-alive\r\n' }],
    ['after 100 Continue', { fields: 'Expect: 100-continue\r\n' }],
  ])('%s', async (_, asked) => {
    for (let round = 0; round < 3; round++) {
      const expected = await bytesFor('/plain', ids, asked)
      expect(expected).toContain('418')
      expect(await bytesFor('/repeated', ids, asked)).toBe(expected)
    }
  })

  it.each([204, 304, 200])('with status %i', async (given) => {
    status = given
    head = new RepeatedHead(status, lines)
    expect(await bytesFor('/repeated', ids, {})).toBe(await bytesFor('/plain', ids, {}))
  })

  it('and what others put there for one client, for that client alone', async () => {
    const told = await bytesFor('/repeated', ids, {}, other)
    expect(told).toBe(await bytesFor('/plain', ids, {}, other))
    for (const id of ids) expect(told.split(`session=of-${id}`)).toHaveLength(2)
  })

  it('and is seldom written by Node itself', async () => {
    const many = Array.from({ length: 100 }, (_, n) => `id-${n}`)
    await bytesFor('/repeated', many, {})
    expect(writtenByNode).toBeGreaterThanOrEqual(2)
    expect(writtenByNode).toBeLessThan(50)
  })

  it('but in a second of which Node does not tell the date yet', async () => {
    let ahead = 0
    head = new RepeatedHead(status, lines, () => Math.floor(Date.now() / 1000) + ahead)
    await bytesFor('/repeated', ids, {})
    writtenByNode = 0
    ahead = 1_000
    await bytesFor('/repeated', ids, {})
    expect(writtenByNode).toBe(ids.length)
  })

  it('but where one of its lines says that the connection is to be closed', async () => {
    head = new RepeatedHead(200, ['Connection', 'close'])
    for (let round = 0; round < 6; round++) {
      const told = await bytesFor('/repeated', ['first', 'second'], {})
      expect(told).toContain('first')
      expect(told).not.toContain('second')
    }
  })

  it('which others who close their connection neither get nor change', async () => {
    const close = { fields: 'Connection: close\r\n' }
    await bytesFor('/repeated', ids, {})
    expect(await bytesFor('/repeated', ['six'], close)).toContain('Connection: close')
    expect(await bytesFor('/repeated', ['seven'], {})).toContain('Connection: keep-alive')
  })

  it('also where a value looks like what is between two others', async () => {
    head = new RepeatedHead(200, ['x-trap', 'x-request-id: one', 'x-request-id-not', 'one'])
    const told = await bytesFor('/repeated', ['one', 'one', 'one', 'two'], {})
    const heads = told.split('HTTP/1.1 ').slice(1)
    expect(heads.map((text) => /^x-request-id: (.*)\r$/m.exec(text)?.[1])).toEqual([
      'one',
      'one',
      'one',
      'two',
    ])
    expect(heads.every((text) => text.includes('x-trap: x-request-id: one\r'))).toBe(true)
  })
})

it('the second of a head changes when it is over, and not before', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout'], now: 1_000_250 })
  try {
    // What was looked up before is of another clock.
    vi.resetModules()
    const fresh: { currentSecond: typeof currentSecond } = await import(
      '../../src/http/repeated-head.ts'
    )
    expect(fresh.currentSecond()).toBe(1_000)
    vi.advanceTimersByTime(749)
    expect(fresh.currentSecond()).toBe(1_000)
    vi.advanceTimersByTime(1)
    expect(fresh.currentSecond()).toBe(1_001)
  } finally {
    vi.useRealTimers()
  }
})
