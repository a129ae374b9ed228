import postgres from 'postgres'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createOwnPostgres, type OwnPostgres } from '../support/own-postgres.ts'

const whoAmI = '{ viewer { subject } }'

const readiness = async (app: TestApp) =>
  (await app.fetch(new Request('http://latchkey.test/readyz'))).json()

let opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.reverse()) await close()
  opened = []
})

async function appOn(server: OwnPostgres): Promise<TestApp> {
  opened.push(() => server.close())
  await migrate(server.url)
  const app = await createTestApp(
    { MAX_STALENESS_MS: '1000' },
    { database: { url: server.url, close: async () => {} } },
  )
  opened.push(() => app.close())
  return app
}

describe('a full NOTIFY queue', () => {
  it('refuses no valid key, commits no change without its notification, and is reported', async () => {
    const app = await appOn(await createOwnPostgres({ settings: { max_notify_queue_pages: '64' } }))
    const { id, secret } = await app.key('alice', ['read:users'])
    const jwt = await app.jwt('alice', ['read:users', 'write:keys'])
    // A listening session that stays in a transaction keeps all later notifications in the queue.
    const idle = postgres(app.databaseUrl, { max: 1, onnotice: () => {} })
    const blocker = await idle.reserve()
    try {
      await blocker`listen anything`
      await blocker`begin`
      await blocker`select 1`
      const fill = () => app.sql`select pg_notify('anything', repeat('x', 7000) || random())`
      await expect(
        (async () => {
          for (;;) await fill()
        })(),
      ).rejects.toThrow('NOTIFY queue')

      await vi.waitFor(
        async () => expect(await readiness(app)).toMatchObject({ reason: 'notify-queue' }),
        { timeout: 10_000 },
      )
      // Its heartbeats fail, so a lookup may be answered with a retry, and nothing else.
      const good = { timeout: 10_000 }
      await vi.waitFor(async () => {
        const { status } = await app.ask(whoAmI, { as: secret })
        if (status !== 503) return expect(status).toBe(200)
        throw new Error('The lookup was to come again.')
      }, good)
      const revoke = `mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { id } } }`
      expect((await app.ask(revoke, { as: jwt })).status).toBe(503)
      await expect(
        app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`,
      ).rejects.toThrow('NOTIFY queue')

      await blocker`rollback`
      await vi.waitFor(async () => expect((await app.ask(revoke, { as: jwt })).status).toBe(200), {
        timeout: 10_000,
      })
      expect((await app.ask(whoAmI, { as: secret })).status).toBe(401)
    } finally {
      blocker.release()
      await idle.end()
    }
  })
})

describe('sessions that the server ends when they are idle', () => {
  it('are reopened without a failed request', async () => {
    const app = await appOn(
      await createOwnPostgres({ settings: { idle_session_timeout: '150ms' } }),
    )
    const { secret } = await app.key('alice', ['read:users', 'read:keys'])
    const lists = () => app.ask('{ apiKeys { totalCount } }', { as: secret })
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(
        async () => {
          const [row] = await app.sql`select count(*)::int as count from pg_stat_activity
            where application_name = 'latchkey'`
          expect(row?.count).toBe(0)
        },
        { timeout: 10_000 },
      )
      expect((await lists()).status).toBe(200)
    }
  })
})
