import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sendTogether } from '../../src/http/send-together.ts'

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
beforeEach(() => {
  arrived = []
  now = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => vi.restoreAllMocks())

/** That many requests, each of which waits for its answer. */
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
  it('are sent at its end, each to whom it is for', async () => {
    const { answers, responses } = await ask(3)
    responses.forEach((response, n) => {
      sendTogether(response, n === 1 ? `höher ${n}` : `body ${n}`)
    })
    expect(ended(responses)).toEqual([false, false, false])
    await turn()
    expect(ended(responses)).toEqual([true, true, true])
    expect((await answers).sort()).toEqual(['body 0', 'body 2', 'höher 1'])
  })

  it('are sent before it where others take longer', async () => {
    const { answers, responses } = await ask(3)
    const [first, second, third] = responses as [ServerResponse, ServerResponse, ServerResponse]
    sendTogether(first)
    now += 1
    sendTogether(second)
    expect(ended(responses)).toEqual([false, false, false])
    now += 0.5
    sendTogether(third)
    expect(ended(responses)).toEqual([true, true, true])
    expect(await answers).toEqual(['', '', ''])
  })

  it('are sent also where one of those who asked has gone', async () => {
    const { answers, responses } = await ask(2)
    const failed = answers.catch((error: unknown) => error)
    const [gone, other] = responses as [ServerResponse, ServerResponse]
    gone.destroy()
    sendTogether(gone, 'nobody')
    sendTogether(other, 'somebody')
    await once(other, 'finish')
    expect(await failed).toBeInstanceOf(TypeError)
  })
})
