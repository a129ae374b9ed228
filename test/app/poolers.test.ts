import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { migrate } from '../../src/db/migrate.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createLogger } from '../../src/log.ts'
import { type App, createApp } from '../../src/server/create-app.ts'
import { createTestApp, retryUnavailable, type TestApp } from '../support/app.ts'
import { lookups } from '../support/database-proxy.ts'
import { type Pooler, startPooler } from '../support/pooler.ts'
import { hasProgram } from '../support/programs.ts'

const isHere = hasProgram('pgbouncer')
const whoAmI = '{ viewer { subject } }'

const readiness = async (app: TestApp) =>
  (await app.fetch(new Request('http://latchkey.test/readyz'))).json()

async function statusOn({ fetch }: App, secret: string): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  const body = JSON.stringify({ query: whoAmI })
  const request = new Request('http://latchkey.test/graphql', { method: 'POST', headers, body })
  return (await fetch(request)).status
}

const logLines = (app: TestApp, cause: string) =>
  app.logged.map((line) => JSON.parse(line)).filter((line) => line.reason === cause)

/** Waits until the credential is answered without a query. */
const waitUntilCached = (app: TestApp, as: string) =>
  vi.waitFor(
    async () => {
      await app.ask(whoAmI, { as })
      const before = app.network.statements(lookups)
      expect((await app.ask(whoAmI, { as })).status).toBe(200)
      expect(app.network.statements(lookups)).toBe(before)
    },
    { timeout: 10_000 },
  )

describe.skipIf(!isHere)('behind PgBouncer', () => {
  // In session mode each connection keeps a session of the server: one would be too few for any server.
  describe.each([
    { mode: 'transaction', size: 1 },
    { mode: 'transaction', size: 5 },
    { mode: 'session', size: 40 },
  ] as const)('in $mode mode with $size sessions, for LISTEN too', ({ mode, size }) => {
    let pooler: Pooler
    let app: TestApp

    beforeAll(async () => {
      pooler = await startPooler(inject('databaseServerUrl'), { mode, size })
      app = await createTestApp((url) => ({
        DATABASE_URL: pooler.urlOf(url),
        DATABASE_LISTEN_URL: '',
      }))
    })
    afterAll(async () => {
      await app.close()
      await pooler.stop()
    })

    it('the node reports once that it is degraded and which variable to set', async () => {
      await vi.waitFor(
        async () => {
          const { status, reason } = await readiness(app)
          expect({ status, reason }).toEqual({ status: 'degraded', reason: 'pooler' })
        },
        { timeout: 10_000 },
      )
      const lines = logLines(app, 'pooler')
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({ level: 'warn', connection: 'listening' })
      expect(lines[0].msg).toContain('set DATABASE_LISTEN_URL to a direct connection')
    })

    it('a key that was revoked by hand is refused at once, used a moment ago or not', async () => {
      for (let n = 0; n < 10; n++) {
        const { id, secret } = await app.key(`user-${n}`, ['read:users'])
        expect((await retryUnavailable(() => app.ask(whoAmI, { as: secret }))).status).toBe(200)
        await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
        expect((await retryUnavailable(() => app.ask(whoAmI, { as: secret }))).status).toBe(401)
      }
    })
  })

  // A node has more connections than the pooler has sessions: some requests get none, but no answer is wrong.
  it.each([1, 5])('in session mode with %i sessions, no answer is wrong', async (size) => {
    const pooler = await startPooler(inject('databaseServerUrl'), { mode: 'session', size })
    const direct = await createTestApp()
    const good = await direct.key('alice', ['read:users'])
    const revoked = await direct.key('bob', ['read:users'])
    const config = loadConfig({
      DATABASE_URL: pooler.urlOf(direct.databaseUrl),
      JWT_ISSUER: direct.issuer.issuer,
      JWT_AUDIENCE: 'https://api.example',
      MAX_STALENESS_MS: '500',
      MIGRATE: 'off',
    })
    // A start without a session fails like one without a database.
    const pooled = await createApp(config, { log: createLogger({ level: 'silent' }) }).catch(
      (error: unknown) => {
        expect(error).toBeInstanceOf(ServiceUnavailableError)
        return null
      },
    )
    try {
      if (pooled === null) return
      for (const { secret } of [good, revoked]) await statusOn(pooled, secret)
      await direct.sql`update latchkey.api_keys set revoked_at = now() where id = ${revoked.id}`
      const end = performance.now() + 1_500
      while (performance.now() < end) {
        expect([200, 503]).toContain(await statusOn(pooled, good.secret))
        expect([401, 503]).toContain(await statusOn(pooled, revoked.secret))
      }
    } finally {
      await pooled?.close()
      await direct.close()
      await pooler.stop()
    }
  })

  it('a node with a direct connection for LISTEN uses its cache, and receives changes', async () => {
    const pooler = await startPooler(inject('databaseServerUrl'), { mode: 'transaction', size: 5 })
    const app = await createTestApp((url) => ({ DATABASE_URL: pooler.urlOf(url) }))
    try {
      const { id, secret } = await app.key('alice', ['read:users'])
      await vi.waitFor(
        async () => expect(await readiness(app)).toMatchObject({ status: 'ready' }),
        {
          timeout: 10_000,
        },
      )
      expect((await app.ask(whoAmI, { as: secret })).status).toBe(200)
      await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
      await vi.waitFor(
        async () => expect((await app.ask(whoAmI, { as: secret })).status).toBe(401),
        { timeout: 2_000 },
      )
    } finally {
      await app.close()
      await pooler.stop()
    }
  })
})

it('a node whose lookups and LISTEN reach different servers uses no cache', async () => {
  const app = await createTestApp()
  const other = await createTestApp({ DATABASE_LISTEN_URL: app.databaseUrl })
  try {
    await vi.waitFor(
      async () => {
        const { status, reason } = await readiness(other)
        expect({ status, reason }).toEqual({ status: 'degraded', reason: 'other-server' })
      },
      { timeout: 10_000 },
    )
    const { id, secret } = await other.key('alice', ['read:users'])
    expect((await other.ask(whoAmI, { as: secret })).status).toBe(200)
    await other.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    expect((await other.ask(whoAmI, { as: secret })).status).toBe(401)
  } finally {
    await other.close()
    await app.close()
  }
})

describe('the triggers that announce changes', () => {
  it('fire for sessions that replicate too', async () => {
    const app = await createTestApp()
    try {
      const { id, secret } = await app.key('alice', ['read:users', 'write:keys'])
      const child = await app.ask(
        'mutation { createApiKey(input: { name: "child", scopes: ["read:users"] }) { secret } }',
        { as: secret },
      )
      const { secret: childSecret } = child.body.data.createApiKey
      for (const as of [secret, childSecret]) await waitUntilCached(app, as)
      await app.sql.begin(async (sql) => {
        await sql`set local session_replication_role = replica`
        await sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
      })
      await app.waitForChanges()
      for (const as of [secret, childSecret]) {
        expect((await app.ask(whoAmI, { as })).status).toBe(401)
      }
    } finally {
      await app.close()
    }
  })

  it('are reported as missing when one is disabled, and the log names the command', async () => {
    const app = await createTestApp({ MAX_STALENESS_MS: '1000' })
    try {
      const { id, secret } = await app.key('alice', ['read:users'])
      await waitUntilCached(app, secret)
      await app.sql`alter table latchkey.api_keys disable trigger api_keys_notify_update`
      await vi.waitFor(
        async () => expect(await readiness(app)).toMatchObject({ reason: 'change-triggers' }),
        { timeout: 10_000 },
      )
      expect(logLines(app, 'change-triggers')[0].msg).toContain('latchkey migrate')
      await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
      expect((await app.ask(whoAmI, { as: secret })).status).toBe(401)

      // Enabled again by hand with ENABLE, they would not fire for sessions that replicate.
      await app.sql`alter table latchkey.api_keys enable trigger user`
      await migrate(app.databaseUrl)
      await vi.waitFor(
        async () => expect(await readiness(app)).toMatchObject({ status: 'ready' }),
        { timeout: 10_000 },
      )
    } finally {
      await app.close()
    }
  })
})
