import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OwnRequest } from '../../src/http/own-request.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What happened to the requests that came, in their order. */
let seen: { isSpared: () => boolean; events: string[] }[] = []
let refs: WeakRef<OwnRequest>[] = []
let isLeftUnread = true
/** Whether the test holds requests, which may be collected as garbage otherwise. */
let isHeld = false

const server = createServer({ IncomingMessage: OwnRequest }, (request, response) => {
  request.isLeftUnread = isLeftUnread
  const ref = new WeakRef(request)
  refs.push(ref)
  const events: string[] = []
  if (!isLeftUnread) for (const name of ['end', 'close']) request.on(name, () => events.push(name))
  const held = isHeld ? request : null
  seen.push({ isSpared: () => (held ?? ref.deref())?.isSpared ?? false, events })
  response.writeHead(200, { 'content-length': '0' }).end()
})

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.close()
})
beforeEach(() => {
  seen = []
  refs = []
  isLeftUnread = true
  isHeld = false
})

async function open(): Promise<{ socket: Socket; answers: (count: number) => Promise<void> }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  let told = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    told += text
  })
  const answers = (count: number) =>
    vi.waitFor(() => expect(told.split('HTTP/1.1 200 OK').length - 1).toBe(count))
  return { socket, answers }
}

const plain = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'
const sized = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n'
const chunked = 'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('a request that is left unread', () => {
  it('is spared reading where it has no body', async () => {
    isHeld = true
    const { socket, answers } = await open()
    for (const count of [1, 2, 3]) {
      socket.write(plain)
      await answers(count)
      expect(seen.map(({ isSpared }) => isSpared())).toEqual(Array(count).fill(true))
    }
    socket.destroy()
  })

  it('is let go of once it is answered, though its connection stays open', async () => {
    const { socket, answers } = await open()
    socket.write(plain)
    await answers(1)
    await vi.waitFor(() => {
      collectGarbage()
      expect(refs.map((ref) => ref.deref())).toEqual([undefined])
    })
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })

  it.each([
    ['a body', [`${sized}12345`]],
    ['a body that comes late', [sized, '12', '345']],
    ['a body in chunks', [`${chunked}5\r\n12345\r\n0\r\n\r\n`]],
    ['a body in chunks that come late', [chunked, '5\r\n123', '45\r\n', '0\r\n\r\n']],
  ])('is read to its end where it has %s, and the next one is the next', async (_, pieces) => {
    const { socket, answers } = await open()
    for (const count of [1, 3]) {
      for (const piece of pieces) {
        socket.write(piece)
        await answers(count)
      }
      socket.write(plain)
      await answers(count + 1)
    }
    expect(seen.map(({ isSpared }) => isSpared())).toEqual([false, true, false, true])
    socket.destroy()
  })

  it('is answered in its turn where several come at once', async () => {
    const { socket, answers } = await open()
    socket.write(plain + plain + sized)
    socket.write(`12345${plain}`)
    await answers(4)
    expect(seen).toHaveLength(4)
    socket.destroy()
  })
})

it('a request that is not left unread ends and closes as any other', async () => {
  isLeftUnread = false
  const { socket, answers } = await open()
  socket.write(plain)
  await answers(1)
  await vi.waitFor(() => expect(seen[0]?.events).toEqual(['end', 'close']))
  expect(seen[0]?.isSpared()).toBe(false)
  socket.destroy()
})
