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

/** Asks again until it is answered well, as any client would. */
const recovered = (as: string) =>
  vi.waitFor(async () => expect((await app.ask(whoAmI, { as })).status).toBe(200), {
    timeout: 5_000,
    interval: 50,
  })

describe.each(['cut', 'black-hole'] as const)('with the database unreachable (%s)', (weather) => {
  it('a credential that cannot be checked is 503, never 401, until it is back', async () => {
    app.network.weather(weather)
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
    expect(await ready.json()).toEqual({ status: 'degraded', database: 'down' })

    app.network.weather('fair')
    for (const as of [key, jwt]) await recovered(as)
  })
})

describe('with the database lost while executing', () => {
  it('is 503 when nothing was resolved, and 200 with the rest when something was', async () => {
    const lock = await app.sql.reserve()
    await lock`begin`
    await lock`lock table latchkey.api_keys in access exclusive mode`
    const waiting = () =>
      app.sql`select pid from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`
    const cut = async (query: string, as: string) => {
      // Those cut off before still wait: PostgreSQL notices only when it has something to tell them.
      const before = (await waiting()).length
      const answer = app.ask(query, { as })
      // The field waits for the lock; authentication by JWT does not read this table.
      await vi.waitFor(async () => {
        expect((await waiting()).length).toBeGreaterThan(before)
      })
      app.network.weather('cut')
      const result = await answer
      app.network.weather('fair')
      await recovered(as)
      return result
    }
    const reader = await app.jwt('alice', ['read:keys'])
    const whole = await cut('{ apiKeys { nodes { id } } }', reader)
    expect(whole.status).toBe(503)
    expect(whole.headers.get('retry-after')).toBe('1')
    expect(whole.body.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')

    const partial = await cut(
      '{ viewer { subject } apiKey(id: "0123456789abcdef") { id } }',
      reader,
    )
    expect(partial.status).toBe(200)
    expect(partial.body.data).toEqual({ viewer: { subject: 'alice' }, apiKey: null })
    expect(partial.body.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    await lock`rollback`
    lock.release()
  })
})
