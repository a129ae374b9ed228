import { expect, it, vi } from 'vitest'
import { readResults } from '../support/event-stream.ts'
import { startServerProcess, statusOf, temporaryFolder } from '../support/server-process.ts'

it('streams end with their clients, and with the server', async () => {
  const server = await startServerProcess(temporaryFolder())
  const key = server.banner['API key'] ?? ''
  const subscribe = (signal?: AbortSignal) =>
    fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
      },
      body: JSON.stringify({ query: 'subscription { keyChanged { kind } }' }),
      ...(signal && { signal }),
    })

  // More than one user may have at once.
  for (let round = 0; round < 3; round++) {
    const clients = new AbortController()
    await Promise.all(Array.from({ length: 30 }, () => subscribe(clients.signal)))
    clients.abort()
  }

  // The server notices a little later that a client has gone.
  const reader = await vi.waitFor(
    async () => {
      const response = await subscribe()
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-accel-buffering')).toBe('no')
      const results = readResults(response)
      const used = results.next()
      expect(await statusOf(server, key)).toBe(200)
      expect(await used).toEqual({ data: { keyChanged: { kind: 'USED' } } })
      return results
    },
    { timeout: 30_000, interval: 100 },
  )
  const began = performance.now()
  server.child.kill('SIGTERM')
  for (let result = await reader.next(); result !== null; result = await reader.next()) {
    const code = result.errors?.[0].extensions.code
    expect([undefined, 'SERVICE_UNAVAILABLE']).toContain(code)
  }
  expect(await server.ended).toBe(0)
  expect(performance.now() - began).toBeLessThan(4_500)
}, 60_000)
