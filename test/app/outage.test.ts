import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let key: string
let jwt: string

beforeEach(async () => {
  app = await createTestApp()
  key = (await app.key('alice', ['read:users', 'write:keys'])).secret
  jwt = await app.jwt('alice', ['read:users', 'write:keys'])
})
afterEach(() => app.close())

const whoAmI = '{ viewer { subject } }'

/** Retries until the request succeeds, as a client would. */
const recovered = (as: string) =>
  vi.waitFor(async () => expect((await app.ask(whoAmI, { as })).status).toBe(200), {
    timeout: 20_000,
    interval: 50,
  })

describe.each(['cut', 'black-hole'] as const)('with the database unreachable (%s)', (weather) => {
  it('a credential that cannot be checked is 503, never 401, until it is back', async () => {
    for (const line of [app.network, app.feed]) line.setState(weather)
    // This test uses neither a cached key nor a user that this node has read.
    app.advance(120_000)
    for (const as of [key, jwt]) {
      const { status, headers, body } = await app.ask(whoAmI, { as })
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toBe('1')
      expect(headers.get('www-authenticate')).toBeNull()
      expect(body.errors[0].extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
    }
    expect((await app.ask(whoAmI)).body).toEqual({ data: { viewer: null } })
    expect((await app.ask(whoAmI, { as: 'opaque' })).status).toBe(401)

    const ready = await app.fetch(new Request('http://latchkey.test/readyz'))
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({
      status: 'degraded',
      database: 'down',
      reason: expect.stringMatching(/^(lost|timeout|host)$/),
      identityTokens: 'on',
    })

    for (const line of [app.network, app.feed]) line.setState('up')
    for (const as of [key, jwt]) await recovered(as)
  })
})

describe('with the database lost during execution', () => {
  it.each<[string, string, number, object | null]>([
    ['503 when nothing was resolved', '{ apiKeys { nodes { id } } }', 503, null],
    [
      '200 with the rest when something was',
      '{ viewer { subject } a: apiKey(id: "0123456789abcdef") { id } b: apiKey(id: "0123456789abcdeg") { id } }',
      200,
      { viewer: { subject: 'alice' }, a: null, b: null },
    ],
  ])('is %s', async (_name, query, status, data) => {
    const as = await app.jwt('alice', ['read:keys'])
    const lock = await app.sql.reserve()
    try {
      await lock`begin`
      await lock`lock table latchkey.api_keys in access exclusive mode`
      const before = app.logged.length
      const answer = app.ask(query, { as })
      // The field waits for the lock; authentication by JWT does not read this table.
      await vi.waitFor(
        async () => {
          const waiting = await app.sql`
          select 1 from pg_locks where not granted
          and database = (select oid from pg_database where datname = current_database())`
          expect(waiting.length).toBeGreaterThan(0)
        },
        { timeout: 20_000 },
      )
      app.network.setState('cut')
      const { status: answered, headers, body } = await answer
      expect(answered).toBe(status)
      expect(headers.get('retry-after')).toBe(status === 503 ? '1' : null)
      expect(body.data).toEqual(data)
      expect(body.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
      // Logged once, for any number of fields.
      const lines = app.logged
        .slice(before)
        .filter((line) => line.includes('could not be resolved'))
      expect(lines).toEqual([expect.stringContaining('"reason":"')])
      app.network.setState('up')
      await recovered(as)
    } finally {
      await lock`rollback`
      lock.release()
    }
  })
})
