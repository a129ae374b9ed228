import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FirstToken, NewSession } from '../../src/sessions/store.ts'
import type { User } from '../../src/users/user.ts'
import { ada, later, now, openStores, type StoreFixture } from './store-fixture.ts'

let stores: StoreFixture
beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())

const second = now.getTime() / 1000

function newSession({ id }: User): NewSession {
  return {
    id: randomUUID(),
    secretHash: randomBytes(32),
    userId: id,
    tokens: 'encrypted',
    tokenExpiresAt: later(60),
    createdAt: now,
    expiresAt: later(600),
    address: null,
    userAgent: null,
  }
}

const insert = (user: User, token: FirstToken = { hash: 'a', issuedAt: second }) =>
  stores.sessions.insert(newSession(user), token, 50)
const count = async ({ id }: User) =>
  (await stores.sql`select from latchkey.page_sessions where user_id = ${id}`).length

describe('a new session', () => {
  test('is refused if its user is suspended or deleted', async () => {
    const user = await stores.makeUser()
    expect(await insert(user)).toBeNull()
    await stores.users.setStatus(user.id, 'SUSPENDED', null, ada)
    expect(await insert(user)).toBe('owner-suspended')
    await stores.users.delete(user.id, ada)
    expect(await insert(user)).toBe('owner-deleted')
    expect(await count(user)).toBe(0)
  })

  test('is refused if the user has signed out everywhere since its JWT was issued', async () => {
    const user = await stores.makeUser()
    const ahead = { hash: 'ahead', issuedAt: second + 5 }
    await stores.users.signOut(user.id, later(1), ada, ahead)
    expect(await insert(user)).toBe('owner-signed-out')
    expect(await insert(user, ahead)).toBe('owner-signed-out')
    expect(await insert(user, { hash: 'b', issuedAt: second + 1 })).toBeNull()
  })

  test.each([
    ['owner-suspended', `update latchkey.users set status = 'SUSPENDED'`],
    ['owner-signed-out', `update latchkey.users set signed_out_at = '${later(1).toISOString()}'`],
    ['owner-deleted', 'delete from latchkey.users'],
  ])('is refused (%s) when that commits during the sign-in', async (reason, statement) => {
    const user = await stores.makeUser()
    let insertion: ReturnType<typeof insert> | undefined
    await stores.sql.begin(async (change) => {
      await change.unsafe(`${statement} where id = '${user.id}'`)
      insertion = insert(user)
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await stores.sql`select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
        waiting = row?.count
      }
    })
    expect(await insertion).toBe(reason)
    expect(await count(user)).toBe(0)
  })
})

test('signing out everywhere ends sessions that began since an earlier time of sign-out', async () => {
  const user = await stores.makeUser()
  await stores.users.signOut(user.id, later(1), ada)
  // The clock of the issuer is ahead, so the JWT counts as issued after the sign-out.
  const ahead = { hash: 'ahead', issuedAt: second + 1 }
  expect(await insert(user, ahead)).toBeNull()
  expect(await insert(user, { ...ahead, hash: 'other' })).toBeNull()
  expect(await stores.users.signOut(user.id, later(1), ada, ahead)).toEqual(later(1))
  expect(await count(user)).toBe(0)
  expect(await insert(user, { ...ahead, hash: 'third' })).toBeNull()
  expect(await stores.users.signOut(user.id, later(1), ada)).toEqual(later(1))
  expect(await count(user)).toBe(0)
})

test('a node that has lost its claim on a renewal changes nothing', async () => {
  const user = await stores.makeUser()
  const session = newSession(user)
  const { sessions } = stores
  await sessions.insert(session, null, 50)
  const [late, current] = [later(10), later(30)]
  expect(await sessions.claimRenewal(session.id, now, late)).not.toBeNull()
  expect(await sessions.claimRenewal(session.id, later(5), later(15))).toBeNull()
  expect(await sessions.claimRenewal(session.id, later(20), current)).not.toBeNull()
  const tokens = { tokens: 'newer', tokenExpiresAt: later(120) }
  const older = { tokens: 'older', tokenExpiresAt: later(110) }
  const stored = async () =>
    (
      await stores.sql`select tokens, renewing_until from latchkey.page_sessions where id = ${session.id}`
    )[0]
  async function expectTooLate() {
    const before = await stored()
    expect(await sessions.renew(session.id, late, older)).toBe('superseded')
    await sessions.postponeRenewal(session.id, late, later(40))
    expect(await sessions.endRenewal(session.id, late)).toBe('superseded')
    expect(await stored()).toEqual(before)
  }
  await expectTooLate()
  expect(await sessions.renew(session.id, current, tokens)).toBe('renewed')
  expect(await stored()).toEqual({ tokens: 'newer', renewing_until: null })
  await expectTooLate()
  await sessions.end(session.id)
  expect(await sessions.renew(session.id, current, tokens)).toBe('ended')
  expect(await sessions.endRenewal(session.id, current)).toBe('ended')
  expect(await stored()).toBeUndefined()
})
