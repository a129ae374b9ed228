import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { createTestApp, retryUnavailable, type TestApp } from '../support/app.ts'
import { type StandbyPair, startStandbyPair } from '../support/standby.ts'

const whoAmI = '{ viewer { subject } }'
const bound = 1_000

/** An address that leads to one server and later to another, like a virtual address or DNS. */
interface MovingAddress {
  readonly urlOf: (databaseUrl: string) => string
  /** Sends new connections to `port`; `cut` closes the existing ones. */
  lead(port: number, options?: { cut?: boolean }): void
  close(): Promise<void>
}

async function startMovingAddress(first: number): Promise<MovingAddress> {
  const sockets = new Set<Socket>()
  let target = first
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    urlOf: (databaseUrl) => Object.assign(new URL(databaseUrl), { port: String(port) }).href,
    lead(port, { cut = true } = {}) {
      target = port
      if (cut) cutAll()
    },
    async close() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

let pair: StandbyPair
let lookups: MovingAddress
let listening: MovingAddress
let app: TestApp

beforeEach(async () => {
  pair = await startStandbyPair()
  await migrate(pair.primary.url)
  await pair.caughtUp()
  lookups = await startMovingAddress(pair.primary.port)
  listening = await startMovingAddress(pair.primary.port)
  app = await createTestApp(
    (url) => ({
      DATABASE_URL: lookups.urlOf(url),
      DATABASE_LISTEN_URL: listening.urlOf(url),
      MAX_STALENESS_MS: String(bound),
    }),
    { database: { url: pair.primary.url, close: async () => {} } },
  )
})
afterEach(async () => {
  await app.close()
  await lookups.close()
  await listening.close()
  await pair.close()
})

const status = async (as: string) => (await app.ask(whoAmI, { as })).status

const revokeOn = async (url: string, id: string) => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
  await sql.end()
}

const reasons = () =>
  app.logged.map((line) => JSON.parse(line).reason).filter((reason) => reason !== undefined)

describe('an address that leads to the standby for a while', () => {
  it('never lets a revoked key pass, while LISTEN is on the primary and replay is paused', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    await pair.caughtUp()
    await pair.pauseReplay()
    lookups.lead(pair.standby.port)
    await revokeOn(pair.primary.url, id)
    const until = performance.now() + 3 * bound
    while (performance.now() < until) expect([401, 503]).toContain(await status(secret))
    expect(reasons()).toContain('recovery')

    lookups.lead(pair.primary.port, { cut: false })
    await vi.waitFor(async () => expect(await status(secret)).toBe(401), { timeout: 20_000 })
  })

  it('leaves no connection to the standby: mutations succeed soon after it leads back', async () => {
    const jwt = await app.jwt('alice', ['write:keys', 'read:users'])
    await app.key('alice', ['read:users'])
    await pair.caughtUp()
    lookups.lead(pair.standby.port)
    const make = () =>
      app.ask(
        'mutation { createApiKey(input: { name: "n", scopes: ["read:users"] }) { secret } }',
        {
          as: jwt,
        },
      )
    for (let n = 0; n < 20; n++) expect((await make()).status).toBe(503)
    // Connections to the standby stay open if the pool keeps them.
    lookups.lead(pair.primary.port, { cut: false })
    await vi.waitFor(async () => expect((await make()).status).toBe(200), { timeout: 20_000 })
    for (let n = 0; n < 20; n++) expect((await make()).status).toBe(200)
  })
})

describe('a failover', () => {
  it('from a stopped primary: every key is answered with the state of the new primary', async () => {
    const good = await app.key('alice', ['read:users'])
    const revoked = await app.key('bob', ['read:users'])
    for (const { secret } of [good, revoked]) expect(await status(secret)).toBe(200)
    await pair.caughtUp()
    await pair.primary.stop()
    await pair.promote()
    await revokeOn(pair.standby.url, revoked.id)
    for (const address of [lookups, listening]) address.lead(pair.standby.port)
    const until = performance.now() + 2 * bound
    while (performance.now() < until) {
      expect([200, 503]).toContain(await status(good.secret))
      expect([401, 503]).toContain(await status(revoked.secret))
    }
    expect(await status(good.secret)).toBe(200)
    expect(await status(revoked.secret)).toBe(401)
  })

  it('from a primary that still accepts writes: its answers no longer count', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    await pair.caughtUp()
    await pair.promote()
    // One connection reaches the new primary. From then on, the timeline of the old one is known to have ended.
    lookups.lead(pair.standby.port)
    listening.lead(pair.standby.port)
    await vi.waitFor(async () => expect(await status(secret)).toBe(200), { timeout: 20_000 })
    await revokeOn(pair.standby.url, id)
    await vi.waitFor(async () => expect(await status(secret)).toBe(401), { timeout: 20_000 })

    lookups.lead(pair.primary.port)
    listening.lead(pair.primary.port)
    const until = performance.now() + 3 * bound
    while (performance.now() < until) expect([401, 503]).toContain(await status(secret))
    expect(reasons()).toContain('old-timeline')
  })

  it('leaves lookups that stay on the old primary, with LISTEN on the new one, with no cache', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    expect((await retryUnavailable(() => app.ask(whoAmI, { as: secret }))).status).toBe(200)
    await pair.caughtUp()
    await pair.promote()
    listening.lead(pair.standby.port)
    await vi.waitFor(
      async () => {
        const ready = await app.fetch(new Request('http://latchkey.test/readyz'))
        expect(await ready.json()).toMatchObject({ status: 'degraded', reason: 'other-server' })
      },
      { timeout: 10_000 },
    )
    // The server of its lookups answers at once.
    await revokeOn(pair.primary.url, id)
    expect([401, 503]).toContain(await status(secret))
  })
})
