import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { RateLimitedError } from '../../src/errors.ts'
import { createPacing, type Pacing } from '../../src/limits/pacing.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'

/*
 * A client whose requests take long turns of the event loop waits before the next.
 */

let app: TestApp
let charged: (string | null)[] = []
let refusal: RateLimitedError | null = null
const asked: (string | null)[] = []
const pacing: Pacing = {
  before: (client) => {
    asked.push(client())
    return refusal === null ? null : Promise.resolve(refusal)
  },
  charge: (client) => charged.push(client),
  shutDown: () => {},
}

beforeAll(async () => {
  app = await createTestApp({}, { pacing })
})
afterAll(() => app.close())

const post = (query: string, credential?: string, on = app) =>
  on.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query }),
    }),
    { peerAddress: '192.0.2.7' },
  )

describe('a client', () => {
  it('is the user for any credential, or the address of an anonymous caller', async () => {
    const { secret } = await app.key('alice', ['read:keys'])
    asked.length = 0
    await post('{ viewer { subject } }', secret)
    await post('{ viewer { subject } }', await app.jwt('alice', ['read:keys']))
    await post('{ scopes { name } }')
    expect(asked[0]).toContain('alice')
    expect([...new Set(asked)]).toEqual([asked[0], '192.0.2.7'])
  })

  it('is charged only for large requests and answers', async () => {
    charged = []
    await post('{ scopes { name } }')
    expect(charged).toEqual([])
    await post(`{ scopes { name } } # ${' '.repeat(2_000)}`)
    expect(charged).toEqual(['192.0.2.7'])
    const { secret } = await app.key('alice', ['read:keys'])
    charged = []
    await post('{ apiKeys { nodes { id } } }', secret)
    expect(charged).toHaveLength(1)
  })

  it('can send small requests meanwhile, unless it is anonymous', async () => {
    const { secret } = await app.key('alice', ['read:keys'])
    const body = JSON.stringify({ query: '{ scopes { name } }' })
    for (const [credential, more, waits] of [
      [secret, '', false],
      [secret, ' '.repeat(300), true],
      [undefined, '', true],
    ] as const) {
      asked.length = 0
      const headers = {
        'content-type': 'application/json',
        'content-length': String(body.length + more.length),
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      }
      const request = new Request('http://localhost/graphql', {
        method: 'POST',
        headers,
        body: body + more,
      })
      expect((await app.fetch(request, { peerAddress: '192.0.2.8' })).status).toBe(200)
      expect(asked.length > 0).toBe(waits)
    }
  })

  it('gets Retry-After if it would have to wait too long', async () => {
    refusal = new RateLimitedError(3)
    const response = await post('{ scopes { name } }')
    refusal = null
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED' } }],
    })
  })
})

describe('concurrent requests of a client', () => {
  it('start one after the other, whenever their bodies arrive', async () => {
    let time = 0
    const waiting: (() => void)[] = []
    const paced = await createTestApp(
      {},
      {
        pacing: createPacing({
          // Every request makes its client wait for two seconds.
          freeMs: 0,
          waitPerMs: 1e9,
          now: () => time,
          sleep: () => new Promise((resolve) => waiting.push(resolve)),
        }),
      },
    )
    const server = await listenWith(paced)
    onTestFinished(async () => {
      await server.close()
      await paced.close()
    })
    const body = JSON.stringify({ query: `{ scopes { name } } # ${' '.repeat(2_000)}` })
    const answered: number[] = []
    const finish = await Promise.all(
      [0, 1, 2].map(async () => {
        const request = httpRequest({
          host: '127.0.0.1',
          port: server.port,
          path: '/graphql',
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': String(body.length),
            expect: '100-continue',
          },
          agent: false,
        })
        request.on('response', (response) => {
          response.resume()
          answered.push(response.statusCode ?? 0)
        })
        request.flushHeaders()
        // Its head was read, and it has started.
        await once(request, 'continue')
        return () => request.end(body)
      }),
    )
    for (const send of finish) send()
    await vi.waitFor(() => expect([answered, waiting.length]).toEqual([[200], 2]))
    for (const [left, expected] of [
      [1, [200, 200]],
      [0, [200, 200, 200]],
    ] as const) {
      time += 2_000
      for (const wake of waiting.splice(0)) {
        wake()
        // As one timer after the other.
        await new Promise((resolve) => setImmediate(resolve))
      }
      await vi.waitFor(() => expect([answered, waiting.length]).toEqual([expected, left]))
    }
  })
})

it('a waiting request gets Retry-After when the server stops', async () => {
  const pacing = createPacing({ freeMs: 0, waitPerMs: 1e9 })
  const stopping = await createTestApp({}, { pacing })
  onTestFinished(() => stopping.close())
  pacing.charge('192.0.2.7', 1_000)
  const answer = post('{ scopes { name } }', undefined, stopping)
  stopping.shutDown()
  expect((await answer).status).toBe(429)
})
