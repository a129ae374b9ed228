import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pacing } from '../../src/admission/pacing.ts'
import { RateLimitedError } from '../../src/errors.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

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
}

beforeAll(async () => {
  app = await createTestApp({}, { pacing })
})
afterAll(() => app.close())

const post = (query: string, credential?: string) =>
  app.fetch(
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
  it('is the user, whichever credential is sent, or the address of the anonymous', async () => {
    const { secret } = await app.key('alice', ['read:keys'])
    asked.length = 0
    await post('{ viewer { subject } }', secret)
    await post('{ viewer { subject } }', await app.jwt('alice', ['read:keys']))
    await post('{ scopes { name } }')
    expect(asked[0]).toContain('alice')
    expect(asked).toEqual([asked[0], asked[0], '192.0.2.7'])
  })

  it('is charged for large requests and answers alone', async () => {
    charged = []
    await post('{ scopes { name } }')
    expect(charged).toEqual([])
    await post(`{ scopes { name } } # ${' '.repeat(2_000)}`)
    expect(charged).toEqual(['192.0.2.7'])
  })

  it('is told when to come again where it would have to wait too long', async () => {
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
