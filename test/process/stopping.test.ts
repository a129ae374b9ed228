import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { send } from '../support/listening.ts'
import { startServerProcess, temporaryFolder } from '../support/server-process.ts'

describe.each([
  ['one process', []],
  ['workers', ['--workers', '2']],
])('with SHUTDOWN_DELAY_SECONDS, %s', (_name, words) => {
  it('serves new connections for so long after SIGTERM, and is not ready', async () => {
    const environment = { SHUTDOWN_DELAY_SECONDS: '3' }
    const server = await startServerProcess(temporaryFolder(), environment, words)
    const port = Number(new URL(server.url).port)
    const headers = ['Authorization', `Bearer ${server.banner['API key']}`]
    const ask = (agent?: Agent) =>
      send(port, '/graphql?query={viewer{subject}}', headers, agent && { agent })

    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await ask(agent)).headers.connection).toBe('keep-alive')
    const began = performance.now()
    server.child.kill('SIGTERM')
    await vi.waitFor(async () => {
      const ready = await send(port, '/readyz')
      expect([ready.status, JSON.parse(ready.body)]).toEqual([503, { status: 'shutting-down' }])
    })
    expect((await send(port, '/healthz')).status).toBe(200)
    for (const answer of [await ask(agent), await ask(agent)]) {
      expect([answer.status, answer.headers.connection]).toEqual([200, 'close'])
    }
    expect(await server.ended).toBe(0)
    expect(performance.now() - began).toBeGreaterThan(3_000)
    expect(performance.now() - began).toBeLessThan(13_000)
    await expect(ask()).rejects.toThrow()
    agent.destroy()
  })
})

it('an idle connection is closed after KEEP_ALIVE_SECONDS', async () => {
  const server = await startServerProcess(temporaryFolder(), { KEEP_ALIVE_SECONDS: '1' })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^keep-alive: timeout=1\r$/im)
  const began = performance.now()
  socket.resume()
  await once(socket, 'close')
  expect(performance.now() - began).toBeGreaterThan(800)
  expect(performance.now() - began).toBeLessThan(8_000)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
})
