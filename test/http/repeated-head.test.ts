import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { RepeatedHead } from '../../src/http/repeated-head.ts'
import { newRequestId } from '../../src/http/request-context.ts'

const lines = ['content-type', 'text/plain', 'x-empty', '', 'x-one', 'a', 'x-one', 'b']
const body = 'höher'
const length = Buffer.byteLength(body)

let head: RepeatedHead
let writtenByNode = 0

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const id = String(request.headers['x-request-id'])
  if (request.url === '/repeated') {
    const writeHead = vi.spyOn(response, 'writeHead')
    head.write(response, id, length)
    writtenByNode += writeHead.mock.calls.length
  } else plainly(response, id)
  response.end(body)
})

/** As Node writes each. */
function plainly(response: ServerResponse, id: string): void {
  response.writeHead(418, [...lines, 'x-request-id', id, 'content-length', String(length)])
}

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => server.close())

beforeEach(() => {
  head = new RepeatedHead(418, lines)
  writtenByNode = 0
  // One second, however long this takes.
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000)
})
afterEach(() => vi.restoreAllMocks())

interface Asked {
  readonly method?: string
  readonly version?: string
  readonly fields?: string
}

/** All that is sent on one connection for so many requests, but for what tells the time. */
async function bytesFor(path: string, ids: readonly string[], asked: Asked): Promise<string> {
  const { method = 'GET', version = '1.1', fields = '' } = asked
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.setEncoding('utf8')
  let told = ''
  socket.on('data', (text: string) => {
    told += text
  })
  for (const id of ids) {
    socket.write(
      `${method} ${path} HTTP/${version}\r\nHost: a.example\r\nX-Request-Id: ${id}\r\n${fields}\r\n`,
    )
    // Each is answered before the next is sent, or the connection was closed.
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    if (socket.destroyed) break
  }
  socket.destroy()
  return told.replaceAll(/^Date: .*$/gm, 'Date: …')
}

const ids = ['one', 'two', 'three', 'four', 'five']

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

  it('and is written by Node no more than twice a second', async () => {
    await bytesFor('/repeated', ids, {})
    await bytesFor('/repeated', ids, {})
    expect(writtenByNode).toBe(2)
    vi.mocked(Date.now).mockReturnValue(1_700_000_001_000)
    await bytesFor('/repeated', ids, {})
    expect(writtenByNode).toBe(4)
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

it('ids of requests are all different, in the form of a UUID', () => {
  const made = Array.from({ length: 10_000 }, newRequestId)
  expect(new Set(made).size).toBe(made.length)
  for (const id of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})
