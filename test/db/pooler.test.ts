import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Pooler, startPooler } from '../support/pooler.ts'
import { hasProgram } from '../support/programs.ts'
import { ada, newKey, now } from './store-fixture.ts'

const isHere = hasProgram('pgbouncer')

/**
 * Retries after 503, as a client does: two sessions serve all callers here, on a machine under load.
 * The last failure is thrown after 20 seconds.
 */
async function retryUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + 20_000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError) || performance.now() > until) throw error
    }
  }
}

describe.skipIf(!isHere)('behind a transaction pooler', () => {
  let direct: TestDatabase
  let pooler: Pooler
  let database: Database

  beforeAll(async () => {
    direct = await createTestDatabase()
    pooler = await startPooler(direct.url, { mode: 'transaction', size: 2 })
    database = openDatabase({
      url: pooler.urlOf(direct.url),
      listenUrl: direct.url,
      defaultUserScopes: null,
    })
  })
  afterAll(async () => {
    await database.close()
    await pooler.stop()
    await direct.close()
  })

  async function makeKey(subject: string) {
    const issuer = 'https://issuer.example'
    const user = await retryUnavailable(() =>
      database.users.insert({ issuer, subject, email: null, name: null, scopes: null }, ada),
    )
    if (user === 'duplicate') throw new Error('The user exists already.')
    const key = newKey(user)
    await retryUnavailable(() => database.keys.insert(key, 100, ada))
    return { user, key }
  }

  it('more concurrent lookups and changes than sessions all succeed', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => makeKey(`subject ${n}`)))
    const found = await Promise.all(
      Array.from({ length: 5 }, () => made)
        .flat()
        .map(({ key }) =>
          retryUnavailable(() => database.directory.findKeyForVerification(key.id)),
        ),
    )
    expect(found.map((key) => key?.owner.subject)).toEqual(
      Array.from({ length: 5 }, () => made.map(({ user }) => user.subject)).flat(),
    )
    const revoked = await Promise.all(
      made.map(({ key }) => retryUnavailable(() => database.keys.revoke(key.id, null, now, ada))),
    )
    expect(revoked.map((one) => one?.key.revokedAt)).toEqual(made.map(() => now))
  })

  it('a notification of a change arrives over the direct connection', async () => {
    const { key } = await makeKey('heard')
    await new Promise<void>((resolve) => {
      const feed = database.directory.watch?.(
        {
          changed(change) {
            if (change.kind !== 'key' || change.id !== key.id) return
            resolve(feed?.close())
          },
          heartbeat() {},
          lost() {},
          restarted: () => void database.keys.revoke(key.id, null, now, ada),
        },
        2_000,
      )
    })
  })
})
