import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AnswerBatch } from '../../src/node/answer-batch.ts'
import { type Listener, listen } from '../../src/node/listen.ts'

let arrived: ServerResponse[] = []
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  arrived.push(response)
})

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

let now: number
let batch: AnswerBatch
beforeEach(() => {
  batch = new AnswerBatch()
  arrived = []
  now = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => vi.restoreAllMocks())

/** Sends `count` requests, each of which waits for its answer. */
async function ask(count: number) {
  const answers = Array.from({ length: count }, () =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).then((one) => one.text()),
  )
  await vi.waitFor(() => expect(arrived).toHaveLength(count))
  return { answers: Promise.all(answers), responses: arrived }
}
const ended = (responses: readonly ServerResponse[]) =>
  responses.map(({ writableEnded }) => writableEnded)

describe('answers that become ready in one turn', () => {
  it('are sent at its end, each to its client', async () => {
    const { answers, responses } = await ask(3)
    responses.forEach((response, n) => {
      batch.add(response, n === 1 ? `höher ${n}` : `body ${n}`, 'utf8')
    })
    expect(ended(responses)).toEqual([false, false, false])
    await turn()
    expect(ended(responses)).toEqual([true, true, true])
    expect((await answers).sort()).toEqual(['body 0', 'body 2', 'höher 1'])
  })

  it('are sent before its end if others take longer', async () => {
    const { answers, responses } = await ask(3)
    const [first, second, third] = responses as [ServerResponse, ServerResponse, ServerResponse]
    batch.add(first, '', 'utf8')
    now += 1
    batch.add(second, '', 'utf8')
    expect(ended(responses)).toEqual([false, false, false])
    now += 0.5
    batch.add(third, '', 'utf8')
    expect(ended(responses)).toEqual([true, true, true])
    expect(await answers).toEqual(['', '', ''])
  })

  it('are sent before its end if another request arrives late in it', async () => {
    const { answers, responses } = await ask(2)
    const [first, second] = responses as [ServerResponse, ServerResponse]
    batch.add(first, '', 'utf8')
    now += 1
    batch.sendOverdue()
    expect(ended(responses)).toEqual([false, false])
    now += 0.5
    batch.sendOverdue()
    expect(ended(responses)).toEqual([true, false])
    batch.add(second, '', 'utf8')
    expect(await answers).toEqual(['', ''])
  })

  it('are sent even if one of the clients has disconnected', async () => {
    const { answers, responses } = await ask(2)
    const failed = answers.catch((error: unknown) => error)
    const [gone, other] = responses as [ServerResponse, ServerResponse]
    gone.destroy()
    batch.add(gone, 'nobody', 'utf8')
    batch.add(other, 'somebody', 'utf8')
    await once(other, 'finish')
    expect(await failed).toBeInstanceOf(TypeError)
  })
})

describe('an answer that is ready', () => {
  let listener: Listener
  beforeAll(async () => {
    listener = await listen({
      host: '127.0.0.1',
      port: 0,
      handler: () => new Response(),
      listener: (request, response, send) => {
        response.writeHead(200)
        if (request.method === 'GET') send?.(response, '', 'utf8')
        else request.resume().on('end', () => send?.(response, '', 'utf8'))
        return true
      },
    })
  })
  afterAll(() => {
    listener.destroy()
    return listener.close()
  })

  async function statusesOf(...pieces: string[]): Promise<string[]> {
    const socket = connect(listener.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(pieces.join(''))
    return [...(await text(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status ?? '')
  }

  it('is sent before the error about unreadable data on its connection', async () => {
    const asked = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'
    expect(await statusesOf(asked, 'garbage\r\n\r\n')).toEqual(['200', '400'])
  })

  // Node reads 65,536 bytes at once, and then the end in the same turn.
  it.each([100, 65_535, 65_536, 65_537, 200_000])(
    'is sent to a client that sends %i bytes and closes its side',
    async (size) => {
      const head = (length: number) =>
        `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${String(length).padStart(6, '0')}\r\n\r\n`
      const length = size - head(0).length
      expect(await statusesOf(head(length), 'x'.repeat(length))).toEqual(['200'])
    },
  )
})
