import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { ada, id, later, now, openStores, type StoreFixture } from './store-fixture.ts'

const issuer = 'https://issuer.example'

let stores: StoreFixture

beforeAll(async () => {
  stores = await openStores(['b', 'a'])
})

afterAll(() => stores.close())

const admit = (subject: string, scopes?: string[], issuedAt = 100, audience = 'api') =>
  stores.directory.admitUser({
    issuer,
    subject,
    grant: scopes === undefined ? null : { audience, scopes, issuedAt },
  })

describe('a key that is looked up for verification', () => {
  test('has its owner, and the scopes and expiry that its ancestors allow', async () => {
    const owner = await stores.makeUser({ scopes: ['read:keys'] })
    const parent = await stores.makeKey(owner, { expiresAt: later(60) })
    const secretHash = Buffer.alloc(32, 7)
    const child = await stores.makeKey(owner, {
      parentId: parent.id,
      scopes: ['read:keys'],
      secretHash,
      name: 'child',
    })
    await stores.sql`update latchkey.users set status = 'SUSPENDED', signed_out_at = ${now}
      where id = ${owner.id}`
    expect(await stores.directory.findKeyForVerification(child.id)).toEqual({
      id: child.id,
      name: 'child',
      scopes: ['read:keys'],
      lineageScopes: ['read:keys'],
      expiresAt: later(60),
      revokedAt: null,
      secretHash,
      secretPepper: '',
      previousSecretHash: null,
      previousSecretPepper: null,
      previousExpiresAt: null,
      owner: {
        kind: 'USER',
        userId: owner.id,
        issuer,
        subject: owner.subject,
        suspended: true,
        scopes: ['read:keys'],
        issuerScopes: null,
        signedOutAt: now,
      },
    })
  })

  test('is null if it does not exist', async () => {
    expect(await stores.directory.findKeyForVerification(id())).toBeNull()
    expect(await stores.directory.findKeyForVerification('nonsense\0')).toBeNull()
  })
})

describe('keys that are looked up at the same time', () => {
  test.each([1, 2, 7, 8, 9, 40])('are found each for whoever asked, %i at once', async (count) => {
    const owner = await stores.makeUser()
    const made = await Promise.all(
      Array.from({ length: count }, (_, n) => stores.makeKey(owner, { name: `key ${n}` })),
    )
    const asked = made.flatMap((key, n) => (n % 2 === 0 ? [key.id, id()] : [key.id, key.id]))
    const found = await Promise.all(
      asked.map((one) => stores.directory.findKeyForVerification(one)),
    )
    const names = new Map(made.map((key) => [key.id, key.name]))
    expect(found.map((key) => key?.name)).toEqual(asked.map((one) => names.get(one)))
    expect(found.map((key) => key?.owner.userId)).toEqual(
      asked.map((one) => (names.has(one) ? owner.id : undefined)),
    )
  })
})

describe('a user seen in a JWT', () => {
  test('is created once by fifty concurrent first requests, with the default grant', async () => {
    const subject = id()
    const owners = await Promise.all(
      Array.from({ length: 50 }, () => admit(subject).catch(() => admit(subject))),
    )
    expect(new Set(owners.map((owner) => owner?.userId)).size).toBe(1)
    expect(owners[0]).toMatchObject({ subject, suspended: false, scopes: ['a', 'b'] })
    const user = await stores.users.findByIdentity(issuer, subject)
    expect(await stores.events(user?.id ?? '')).toMatchObject([
      { type: 'user.created', actor_subject: subject, actor_credential_kind: 'JWT' },
    ])
  })

  test('has no ceiling if none is configured', async () => {
    const database = openDatabase({ url: stores.url, defaultUserScopes: null })
    const owner = await database.directory.admitUser({ issuer, subject: id(), grant: null })
    expect(owner?.scopes).toBeNull()
    await database.close()
  })

  test('is read and not written if nothing changed', async () => {
    const subject = id()
    await admit(subject, ['a'])
    const rows = () =>
      stores.sql`select xmin::text, updated_at from latchkey.users where subject = ${subject}`
    const before = await rows()
    await admit(subject, ['a'])
    await admit(subject)
    await admit(subject, ['zzz'], 99)
    expect(await rows()).toEqual(before)
  })

  test('has the latest grant of its issuer for each audience', async () => {
    const subject = id()
    const issuerScopes = async (...grant: [string[]?, number?, string?]) =>
      (await admit(subject, ...grant))?.issuerScopes
    expect(await issuerScopes()).toBeNull()
    expect(await issuerScopes(['b', 'a'], 100)).toEqual(['a', 'b'])
    expect(await issuerScopes(['c'], 99)).toEqual(['a', 'b'])
    expect(await issuerScopes(['d'], 50, 'other')).toEqual(['a', 'b', 'd'])
    expect(await issuerScopes(['a', 'x'], 100)).toEqual(['a', 'd'])
    expect(await issuerScopes()).toEqual(['a', 'd'])
    expect(await issuerScopes([], 101)).toEqual(['d'])
    expect(await issuerScopes(['b'], 100)).toEqual(['d'])
    expect(await issuerScopes([], 51, 'other')).toEqual([])
  })

  test('keeps the latest grant when many come at once in any order', async () => {
    const subject = id()
    const times = Array.from({ length: 30 }, (_, index) => index).sort(() => Math.random() - 0.5)
    await Promise.all(times.map((time) => admit(subject, [`s${time}`], time)))
    expect((await admit(subject))?.issuerScopes).toEqual(['s29'])
  })

  test('is neither marked as changed nor announced because of a newer token with the same grant', async () => {
    const subject = id()
    const owner = await admit(subject, ['a'], 1)
    const before = await stores.users.find(owner?.userId ?? '')
    await admit(subject, ['a'], 2)
    expect(await stores.users.find(owner?.userId ?? '')).toEqual(before)
    await admit(subject, ['b'], 3)
    const events = await stores.events(owner?.userId ?? '')
    expect(events.map(({ type, details }) => [type, details.issuerScopes])).toEqual([
      ['user.created', undefined],
      ['user.updated', { from: null, to: ['a'] }],
      ['user.updated', { from: ['a'], to: ['b'] }],
    ])
  })

  test('stays refused once deleted, until it is created again', async () => {
    const subject = id()
    const owner = await admit(subject)
    await stores.users.delete(owner?.userId ?? '', ada)
    expect(await admit(subject)).toBeNull()
    expect(await admit(subject, ['a'], 999)).toBeNull()
    await stores.makeUser({ subject })
    expect(await admit(subject)).toMatchObject({ subject })
  })

  test('stays refused when the deletion commits while its token is being admitted', async () => {
    const subject = id()
    const owner = await admit(subject)
    let admission: ReturnType<typeof admit> | undefined
    await stores.sql.begin(async (deleting) => {
      await deleting`delete from latchkey.users where id = ${owner?.userId ?? ''}`
      // The admission reads the user and sees that the grant has changed; then it waits for the
      // deletion.
      admission = admit(subject, ['new'], 1000)
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await stores.sql`select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
        waiting = row?.count
      }
    })
    expect(await admission).toBeNull()
    expect(await stores.users.findByIdentity(issuer, subject)).toBeNull()
  })

  test('with a locked row times out long before a change of the row that began earlier', async () => {
    const subject = id()
    const owner = await admit(subject)
    const outcomes: unknown[] = []
    await stores.sql.begin(async (locking) => {
      await locking`select from latchkey.users where id = ${owner?.userId ?? ''} for update`
      const change = stores.users.update(owner?.userId ?? '', { name: 'Ada' }, ada)
      const admission = admit(subject, ['new'], 1000)
      const ends = Object.entries({ change, admission }).map(([name, work]) =>
        work.catch((error: unknown) => outcomes.push([name, error])),
      )
      await Promise.all(ends)
    })
    const timeout = expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', reason: 'timeout' })
    expect(outcomes).toEqual([
      ['admission', timeout],
      ['change', timeout],
    ])
    expect((await admit(subject, ['new'], 1000))?.issuerScopes).toEqual(['new'])
  })

  test('is never created again by an admission that races with its deletion', async () => {
    for (let round = 0; round < 10; round++) {
      const subject = id()
      const owner = await admit(subject)
      await Promise.all([
        stores.users.delete(owner?.userId ?? '', ada),
        ...Array.from({ length: 5 }, (_, index) => admit(subject, ['a'], index)),
      ])
      expect(await stores.users.findByIdentity(issuer, subject)).toBeNull()
    }
  })
})

describe('the scopes that keys needed', () => {
  test('are written together, never go back, and skip deleted keys', async () => {
    const owner = await stores.makeUser()
    const [one, two] = [await stores.makeKey(owner), await stores.makeKey(owner)]
    const use = (keyId: string, scope: string, seconds: number) => ({
      keyId,
      lastUsedAt: later(seconds),
      previousLastUsedAt: null,
      scopes: [{ scope, lastUsedAt: later(seconds) }],
    })
    const odd = 'x:{,}null'
    await stores.directory.markUsed([use(two.id, 'a', 5), use(one.id, odd, 5), use(id(), 'a', 5)])
    await stores.directory.markUsed([use(one.id, odd, 3), use(two.id, 'B', 9)])
    expect(await stores.keys.findScopeUses([one.id, 'nonsense', two.id])).toEqual([
      [{ scope: odd, lastUsedAt: later(5) }],
      [],
      [
        { scope: 'B', lastUsedAt: later(9) },
        { scope: 'a', lastUsedAt: later(5) },
      ],
    ])
    expect((await stores.keys.find(one.id))?.lastUsedAt).toEqual(later(5))
  })
})
