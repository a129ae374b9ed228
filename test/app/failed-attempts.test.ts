import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { lookups, reads } from '../support/database-proxy.ts'

let app: TestApp
let jwt: string

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '3', TRUSTED_PROXIES: '10.0.0.0/8' })
  jwt = await app.jwt('alice', ['read:users'])
})
afterAll(() => app.close())

async function send(peerAddress: string, credential: string | null, headers = {}) {
  const response = await app.fetch(
    new Request('http://latchkey.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential !== null && { authorization: credential }),
        ...headers,
      },
      body: '{"query":"{ viewer { subject } }"}',
    }),
    { peerAddress },
  )
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function fail(times: number, peerAddress: string, headers = {}) {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) {
    statuses.push((await send(peerAddress, 'Bearer nothing', headers)).status)
  }
  return statuses
}

describe('more failed attempts than are allowed in a minute', () => {
  it('are answered 429, until the minute is over', async () => {
    const peer = '203.0.113.1'
    expect(await fail(4, peer)).toEqual([401, 401, 401, 429])
    const { status, headers, body } = await send(peer, 'Bearer nothing')
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(55)
    expect(headers.get('www-authenticate')).toBeNull()
    expect(body.errors[0].extensions).toEqual({ code: 'RATE_LIMITED' })
    app.advance(60_000)
    expect(await fail(1, peer)).toEqual([401])
    app.advance(-60_000)
  })

  it('still count when the settings are read again', async () => {
    const peer = '203.0.113.9'
    expect(await fail(3, peer)).toEqual([401, 401, 401])
    await app.reload(app.config)
    expect(await fail(1, peer)).toEqual([429])
  })

  it('block neither valid credentials nor anonymous requests', async () => {
    const peer = '203.0.113.2'
    expect(await fail(4, peer)).toContain(429)
    expect((await send(peer, `Bearer ${jwt}`)).body).toEqual({
      data: { viewer: { subject: 'alice' } },
    })
    expect((await send(peer, null)).status).toBe(200)
    expect(await fail(1, peer)).toEqual([429])
  })

  it('do not include requests with two credentials', async () => {
    const twice = { 'x-api-key': 'nothing' }
    expect(await fail(5, '203.0.113.3', twice)).toEqual([400, 400, 400, 400, 400])
    expect(await fail(1, '203.0.113.3')).toEqual([401])
  })

  it('are counted for the address that a trusted proxy adds', async () => {
    const proxy = '10.1.2.3'
    const of = (address: string) => ({ 'x-forwarded-for': `9.9.9.9, ${address}` })
    expect(await fail(4, proxy, of('203.0.113.4'))).toContain(429)
    expect(await fail(1, proxy, of('203.0.113.5'))).toEqual([401])
    expect(await fail(4, proxy, of('2001:db8::1'))).toContain(429)
    expect(await fail(1, proxy, of('2001:db8::2'))).toEqual([429])
  })

  it('cannot be spread over addresses that the sender invents', async () => {
    const statuses: number[] = []
    for (const made of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4']) {
      statuses.push(...(await fail(1, '203.0.113.6', { 'x-forwarded-for': made })))
    }
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  it('cause no query, and are in the log with their address', async () => {
    const peer = '203.0.113.7'
    const counted = () => app.network.statements(lookups) + app.network.statements(reads)
    const before = counted()
    await fail(4, peer)
    expect(counted()).toBe(before)
    const lines = app.logged.filter((line) => line.includes(peer))
    expect(lines).toHaveLength(4)
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({
      status: 429,
      refused: 'unrecognised',
      clientAddress: peer,
    })
  })
})

it('all get their own error without a limit', async () => {
  const unlimited = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' })
  for (let i = 0; i < 50; i++) {
    const response = await unlimited.fetch(
      new Request('http://latchkey.test/graphql?query={__typename}', {
        headers: { authorization: 'Bearer nothing' },
      }),
      { peerAddress: '203.0.113.1' },
    )
    expect(response.status).toBe(401)
  }
  await unlimited.close()
})
