import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { keyLookups, lookups } from '../support/database-proxy.ts'

let app: TestApp
let key: { id: string; secret: string }
let jwt: string

beforeEach(async () => {
  app = await createTestApp()
  key = await app.key('alice', ['read:users', 'write:keys'])
  jwt = await app.jwt('alice', ['read:users', 'write:keys'])
})
afterEach(() => app.close())

const whoAmI = '{ viewer { subject } }'
const status = async (as: string) => (await app.ask(whoAmI, { as })).status

/** Retries for longer than a machine under load needs. */
const eventually = (attempt: () => Promise<void>, interval = 50) =>
  vi.waitFor(attempt, { timeout: 10_000, interval })

/** Waits until the credential is answered without a lookup. */
async function waitUntilCached(as: string): Promise<void> {
  await eventually(async () => {
    await status(as)
    const before = app.network.statements(lookups)
    expect(await status(as)).toBe(200)
    expect(app.network.statements(lookups)).toBe(before)
  })
}

/** The default bound, in milliseconds. */
const stalenessBound = 2_000

/** Returns whether each answer to the credential needs a lookup. */
async function isLookedUp(as: string): Promise<boolean> {
  const before = app.network.statements(lookups)
  await status(as)
  return app.network.statements(lookups) > before
}

/** Resolves after `count` further heartbeats have returned to the server. */
async function lateHeartbeats(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await app.feed.returned('latchkey_node_')
}

const revoke = () => app.sql`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`

describe('a cached credential', () => {
  it('needs no lookup', async () => {
    await waitUntilCached(key.secret)
    await waitUntilCached(jwt)
  })

  it.each<[string, string]>([
    ['a key is revoked', "update latchkey.api_keys set revoked_at = now() where id = '$key'"],
    [
      'a key is renewed',
      "update latchkey.api_keys set secret_hash = sha256('x') where id = '$key'",
    ],
    ['a key expires', "update latchkey.api_keys set expires_at = now() where id = '$key'"],
    ['a key is deleted', "delete from latchkey.api_keys where id = '$key'"],
    ['its owner is suspended', "update latchkey.users set status = 'SUSPENDED'"],
    ['its owner is deleted', 'delete from latchkey.users'],
    ['everything goes', 'truncate latchkey.users cascade'],
  ])('is refused at once when, by hand, %s', async (_name, statement) => {
    await waitUntilCached(key.secret)
    await app.sql.unsafe(statement.replace('$key', key.id))
    await eventually(async () => expect(await status(key.secret)).toBe(401), 2)
  })

  it.each([
    ['without the row of this node', 'delete from latchkey.nodes'],
    ['with an older row of this node', 'update latchkey.nodes set counter = 1'],
    ['but for the rows of nodes', ''],
  ])('is refused when the database is restored in place, %s', async (_name, restoreNodes) => {
    const other = await app.key('bob', ['read:users'])
    await eventually(async () => {
      const [node] = await app.sql`select counter from latchkey.nodes`
      expect(Number(node?.counter)).toBeGreaterThan(1)
    })
    await waitUntilCached(key.secret)
    // Restoring a dump sends no notifications: it creates triggers after rows.
    await app.sql.begin(async (sql) => {
      await sql`alter table latchkey.api_keys disable trigger api_keys_notify_update`
      await sql`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`
      await sql`alter table latchkey.api_keys enable always trigger api_keys_notify_update`
      await sql.unsafe(restoreNodes)
    })
    // A lookup that reads the restored row writes it again before the next heartbeat does.
    expect(await status(other.secret)).toBe(200)
    await eventually(async () => expect(await status(key.secret)).toBe(401))
  })

  it('is narrowed at once when a scope is removed', async () => {
    for (const as of [key.secret, jwt]) await waitUntilCached(as)
    await app.sql`update latchkey.users set scopes = '{write:keys}'`
    for (const as of [key.secret, jwt]) {
      await eventually(async () => {
        const { status } = await app.ask('{ users { totalCount } }', { as })
        expect(status).toBe(403)
      })
    }
  })

  it('is refused within the bound when no notification arrives any more', async () => {
    await waitUntilCached(key.secret)
    app.feed.setState('black-hole')
    await revoke()
    await eventually(async () => expect(await status(key.secret)).toBe(401))
  })

  it.each([
    ['the bound', stalenessBound],
    // As after SIGSTOP and SIGCONT: the wall clock has advanced.
    ['a long pause of the process', 60_000],
  ])(
    'is refused at once after %s, before any notification arrives',
    async (_name, milliseconds) => {
      await waitUntilCached(key.secret)
      app.feed.setState('black-hole')
      await revoke()
      app.advance(milliseconds)
      expect(await status(key.secret)).toBe(401)
    },
  )

  it('is used for a shorter time if notifications are late', async () => {
    const late = 500
    app.feed.delay(late)
    await lateHeartbeats(2)
    await waitUntilCached(key.secret)
    // A timer may fire a millisecond early.
    app.advance(stalenessBound - late + 1)
    expect(await isLookedUp(key.secret)).toBe(true)
  })

  it('is never used if notifications are later than the bound', async () => {
    await waitUntilCached(key.secret)
    app.feed.delay(stalenessBound)
    await lateHeartbeats(4)
    expect(await isLookedUp(key.secret)).toBe(true)
    await revoke()
    expect(await status(key.secret)).toBe(401)
  })

  it('is cached again after the feed is back', async () => {
    await waitUntilCached(key.secret)
    app.feed.setState('cut')
    await eventually(async () => expect(await isLookedUp(key.secret)).toBe(true))
    app.feed.setState('up')
    await waitUntilCached(key.secret)
  })

  it('causes one lookup for any number of concurrent requests', async () => {
    // No request joins a lookup that began half the bound ago: a machine under load may need a second.
    const patient = await createTestApp({ MAX_STALENESS_MS: '60000' })
    try {
      const { secret } = await patient.key('bob', ['read:users'])
      // A row that is read while a change of it arrives is not cached for later requests.
      await patient.waitForChanges()
      const before = patient.network.statements(keyLookups)
      const answers = await Promise.all(
        Array.from({ length: 500 }, () => patient.ask(whoAmI, { as: secret })),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(patient.network.statements(keyLookups) - before).toBe(1)
    } finally {
      await patient.close()
    }
  })
})

describe('while the database is unreachable', () => {
  const cut = () => {
    for (const line of [app.network, app.feed]) line.setState('cut')
  }

  it('a cached key is honoured for the staleness bound, then 503', async () => {
    await waitUntilCached(key.secret)
    cut()
    expect(await status(key.secret)).toBe(200)
    app.advance(2_000)
    expect(await status(key.secret)).toBe(503)
  })

  it('a JWT of a user that the node has read is honoured for a while, with the last known state', async () => {
    // The user is known from the same lookup as the cached JWT, and only until the next change of it.
    await app.waitForChanges()
    await waitUntilCached(jwt)
    cut()
    const other = await app.jwt('alice', ['read:users'])
    await eventually(async () => expect(await status(other)).toBe(200))
    app.advance(30_000)
    expect(await status(other)).toBe(200)
    app.advance(31_000)
    expect(await status(other)).toBe(503)
  })

  it('a JWT is not honoured, also afterwards, if a change of its user may have been missed', async () => {
    await status(jwt)
    app.feed.setState('cut')
    await app.sql`update latchkey.users set status = 'SUSPENDED' where subject = 'alice'`
    app.feed.setState('up')
    await app.waitForChanges()
    const other = await app.jwt('alice', ['read:users'])
    app.network.setState('cut')
    expect(await status(other)).toBe(503)
    app.network.setState('up')
    await eventually(async () => expect(await status(other)).not.toBe(503))
    expect(await status(other)).toBe(401)
  })

  it('a JWT of any other user, or of a suspended or signed-out user, is not honoured', async () => {
    await app.user('sam')
    const suspended = await app.jwt('sam', [])
    await app.sql`update latchkey.users set status = 'SUSPENDED' where subject = 'sam'`
    const signedOut = await app.jwt('alice', [])
    await app.sql`update latchkey.users set signed_out_at = now() + interval '1 minute' where subject = 'alice'`
    await eventually(async () => {
      for (const as of [suspended, signedOut]) expect(await status(as)).toBe(401)
    })
    cut()
    expect(await status(await app.jwt('nobody', []))).toBe(503)
    for (const as of [suspended, signedOut]) expect([401, 503]).toContain(await status(as))
  })
})
