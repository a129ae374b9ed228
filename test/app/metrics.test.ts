import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp

beforeAll(async () => {
  app = await createTestApp()
})
afterAll(() => app.close())

async function read(of: TestApp = app): Promise<string> {
  const response = await of.fetch(new Request('http://latchkey.test/metrics'))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return response.text()
}

/** Returns the value of the series that starts with `series`; 0 if there is none. */
async function value(series: string): Promise<number> {
  const line = (await read()).split('\n').find((text) => text.startsWith(`${series} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const authentications = (kind: string, outcome: string, reason = '') =>
  `latchkey_authentications_total{kind="${kind}",outcome="${outcome}",reason="${reason}"}`

describe('the metrics', () => {
  it('count requests by path, method and status', async () => {
    const series = 'latchkey_http_requests_total{path="/healthz",method="GET",status="200"}'
    const before = await value(series)
    for (let i = 0; i < 3; i++) await app.fetch(new Request('http://latchkey.test/healthz'))
    expect(await value(series)).toBe(before + 3)
  })

  it.each([
    ['/auth/verify', 401],
    ['/auth/verify;scope=read:users/what/a/client/asked', 500],
  ])('count %s under its own name, whatever a proxy appends', async (path, status) => {
    const series = `latchkey_http_requests_total{path="/auth/verify",method="GET",status="${status}"}`
    const before = await value(series)
    await app.fetch(new Request(`http://latchkey.test${path}`))
    expect(await value(series)).toBe(before + 1)
  })

  it('have one series for all unknown paths and methods', async () => {
    for (let i = 0; i < 20; i++) {
      await app.fetch(new Request(`http://latchkey.test/made-up-${i}`, { method: `MADE${i}` }))
    }
    const text = await read()
    expect(text).not.toMatch(/made/i)
    expect(text).toContain(
      'latchkey_http_requests_total{path="other",method="other",status="404"} 20\n',
    )
  })

  it('count authentications by kind, outcome and reason', async () => {
    const { secret, id } = await app.key('alice', ['read:users'])
    const jwt = await app.jwt('alice', ['read:users'])
    const suspended = await app.user('bob', [])
    const bob = await app.jwt('bob', [])
    await app.byHand`update latchkey.users set status = 'SUSPENDED' where id = ${suspended.id}`
    const cases: [string | undefined, string][] = [
      [undefined, authentications('none', 'anonymous')],
      [secret, authentications('api-key', 'accepted')],
      [jwt, authentications('jwt', 'accepted')],
      [
        `lk_${'0'.repeat(16)}_${'0'.repeat(49)}`,
        authentications('api-key', 'refused', 'key-malformed'),
      ],
      ['nothing', authentications('unknown', 'refused', 'unrecognised')],
      [`${jwt.slice(0, -8)}AAAAAAAA`, authentications('jwt', 'refused', 'jwt-signature')],
      [bob, authentications('jwt', 'refused', 'owner-suspended')],
    ]
    for (const [as, series] of cases) {
      const before = await value(series)
      await app.ask('{ viewer { subject } }', as === undefined ? {} : { as })
      expect([series, await value(series)]).toEqual([series, before + 1])
    }
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    await expect
      .poll(async () => (await app.ask('{ viewer { subject } }', { as: secret })).status)
      .toBe(401)
    expect(await value(authentications('api-key', 'refused', 'key-revoked'))).toBe(1)
    const text = await read()
    for (const value of ['alice', 'bob', id, app.issuer.issuer]) expect(text).not.toContain(value)
  })

  it('have a cumulative histogram of authentication time', async () => {
    const name = 'latchkey_authentication_duration_seconds'
    const before = await value(`${name}_count`)
    await app.ask('{ viewer { subject } }', { as: await app.jwt('alice', []) })
    await app.ask('{ viewer { subject } }')
    expect(await value(`${name}_count`)).toBe(before + 1)
    const text = await read()
    expect(text).toContain(`# TYPE ${name} histogram\n`)
    const counts = [...text.matchAll(new RegExp(`^${name}_bucket{le="(.+)"} (\\d+)$`, 'gm'))]
    expect(counts.map(([, le]) => le)).toEqual(
      [
        '0.00001',
        '0.000025',
        '0.0001',
        '0.00025',
        '0.001',
        '0.0025',
        '0.01',
        '0.025',
        '0.1',
        '0.25',
        '1',
        '+Inf',
      ].map((le) => (le === '+Inf' ? le : String(Number(le)))),
    )
    const values = counts.map(([, , count]) => Number(count))
    expect(values).toEqual([...values].sort((a, b) => a - b))
    expect(values.at(-1)).toBe(before + 1)
    const sum = await value(`${name}_sum`)
    expect(sum).toBeGreaterThan(0)
    // Cache hits are timed too.
    const jwt = await app.jwt('alice', [])
    for (let n = 0; n < 40; n++) await app.ask('{ viewer { subject } }', { as: jwt })
    expect(await value(`${name}_count`)).toBe(before + 41)
    expect(await value(`${name}_sum`)).toBeGreaterThan(sum)
  })

  it('include process metrics', async () => {
    const text = await read()
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m)
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
  })

  it('are read-only', async () => {
    const response = await app.fetch(
      new Request('http://latchkey.test/metrics', { method: 'POST' }),
    )
    expect(response.status).toBe(405)
  })

  it('belong to one server, and show that its database is unreachable', async () => {
    const other = await createTestApp()
    expect(await read(other)).toMatch(/^latchkey_database_up 1$/m)
    other.network.setState('cut')
    const as = await other.jwt('alice', [])
    expect((await other.ask('{ viewer { subject } }', { as })).status).toBe(503)
    const text = await read(other)
    expect(text).toMatch(/^latchkey_database_up 0$/m)
    expect(text).toContain(`${authentications('unknown', 'unavailable', 'unavailable')} 1\n`)
    expect(await read()).toMatch(/^latchkey_database_up 1$/m)
    await other.close()
  })
})
