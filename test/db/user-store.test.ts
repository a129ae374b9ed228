import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ada, id, newKey, openStores, type StoreFixture } from './store-fixture.ts'

let stores: StoreFixture

beforeAll(async () => {
  stores = await openStores()
})

afterAll(() => stores.close())

describe('creating a user', () => {
  test('stores the input and records it in the audit trail', async () => {
    const user = await stores.makeUser({ email: 'a@b.example', scopes: ['b', 'a', 'b'] })
    expect(user).toMatchObject({
      email: 'a@b.example',
      name: null,
      status: 'ACTIVE',
      scopes: ['a', 'b'],
      issuerScopes: null,
    })
    expect(await stores.users.find(user.id)).toEqual(user)
    expect(await stores.users.findByIdentity(user.issuer, user.subject)).toEqual(user)
    expect(await stores.events(user.id)).toMatchObject([
      {
        type: 'user.created',
        target_type: 'user',
        details: { subject: user.subject, scopes: ['a', 'b'] },
      },
    ])
  })

  test('is refused if the user exists', async () => {
    const { issuer, subject } = await stores.makeUser()
    const again = { issuer, subject, email: null, name: null, scopes: null }
    expect(await stores.users.insert(again, ada)).toBe('duplicate')
  })

  test('removes the tombstone of a deleted user', async () => {
    const user = await stores.makeUser({ scopes: ['a'] })
    const find = () => stores.users.findTombstone(user.issuer, user.subject)
    expect(await find()).toBeUndefined()
    await stores.users.delete(user.id, ada)
    expect(await find()).toEqual({ scopes: ['a'] })
    await stores.makeUser({ subject: user.subject })
    expect(await find()).toBeUndefined()
  })
})

describe('finding users', () => {
  test('returns many in the requested order, and null for those that do not exist', async () => {
    const [one, two] = [await stores.makeUser(), await stores.makeUser()]
    expect(
      await stores.users.findMany([two.id, 'not-an-id', randomUUID(), one.id.toUpperCase()]),
    ).toEqual([two, null, null, one])
    expect(await stores.users.find('not-an-id')).toBeNull()
    expect(await stores.users.findByIdentity('https://issuer.example', 'a\0b')).toBeNull()
  })

  test('searches by the beginning of subject, address and name, whatever the case', async () => {
    const prefix = id()
    const bySubject = await stores.makeUser({ subject: `${prefix}-s` })
    const byEmail = await stores.makeUser({ email: `${prefix.toUpperCase()}@b.example` })
    const byName = await stores.makeUser({ name: `${prefix} Ångström` })
    await stores.makeUser({ name: `not ${prefix}` })
    const found = async (search: string) => {
      const page = { limit: 10, after: null, before: null, fromEnd: false }
      const { rows } = await stores.users.list({ status: null, search }, page)
      expect(await stores.users.count({ status: null, search })).toBe(rows.length)
      return rows.map((user) => user.id).sort()
    }
    expect(await found(prefix)).toEqual([bySubject.id, byEmail.id, byName.id].sort())
    expect(await found(`${prefix} åNG`)).toEqual([byName.id])
    for (const wild of ['%', '_'.repeat(prefix.length), `${prefix}\\`, `${prefix}\0`]) {
      expect(await found(wild)).toEqual([])
    }
  })

  test('pages by status, and a foreign position is only a moment', async () => {
    const user = await stores.makeUser()
    await stores.users.setStatus(user.id, 'SUSPENDED', null, ada)
    const page = { limit: 1, before: null, fromEnd: false }
    const suspended = { status: 'SUSPENDED', search: null } as const
    const { rows, more } = await stores.users.list(suspended, { ...page, after: null })
    expect(rows.map((row) => row.id)).toEqual([user.id])
    expect(more).toBe(false)
    const after = { at: user.createdAt, id: 'not-an-id' }
    expect(await stores.users.list(suspended, { ...page, after })).toEqual({
      rows: [],
      more: false,
    })
  })
})

describe('changing a user', () => {
  test('records the values before and after, and nothing if nothing changed', async () => {
    const user = await stores.makeUser({ email: 'old@b.example' })
    const changed = await stores.users.update(user.id, { email: null, name: 'Ada' }, ada)
    expect(changed).toMatchObject({ email: null, name: 'Ada' })
    expect(changed?.updatedAt.getTime()).toBeGreaterThanOrEqual(user.updatedAt.getTime())
    expect(await stores.users.update(user.id, { name: 'Ada' }, ada)).toEqual(changed)
    await stores.users.setScopes(user.id, ['b', 'a'], ada)
    await stores.users.setStatus(user.id, 'SUSPENDED', 'left', ada)
    await stores.users.setStatus(user.id, 'SUSPENDED', 'again', ada)
    await stores.users.setStatus(user.id, 'ACTIVE', null, ada)
    expect((await stores.events(user.id)).map(({ type, details }) => [type, details])).toEqual([
      ['user.created', expect.anything()],
      [
        'user.updated',
        { email: { from: 'old@b.example', to: null }, name: { from: null, to: 'Ada' } },
      ],
      ['user.scopes_set', { scopes: { from: null, to: ['a', 'b'] } }],
      ['user.suspended', { status: { from: 'ACTIVE', to: 'SUSPENDED' }, reason: 'left' }],
      ['user.reactivated', { status: { from: 'SUSPENDED', to: 'ACTIVE' } }],
    ])
  })

  test('returns null if the user does not exist', async () => {
    for (const nobody of [randomUUID(), 'x']) {
      expect(await stores.users.update(nobody, { name: 'x' }, ada)).toBeNull()
      expect(await stores.users.setScopes(nobody, null, ada)).toBeNull()
      expect(await stores.users.setStatus(nobody, 'ACTIVE', null, ada)).toBeNull()
      expect(await stores.users.delete(nobody, ada)).toBe(false)
    }
  })
})

test('deleting a user deletes its keys, including keys that are created meanwhile', async () => {
  const user = await stores.makeUser()
  const { id: keyId } = await stores.makeKey(user)
  const made = newKey(user)
  const [deleted, late] = await Promise.all([
    stores.users.delete(user.id, ada),
    stores.keys.insert(made, 100, ada),
  ])
  expect(deleted).toBe(true)
  if (late !== 'parent-gone') expect(late).toMatchObject({ id: made.id })
  expect(await stores.keys.findMany([keyId, made.id])).toEqual([null, null])
  const told = (await stores.events(user.id)).at(-1)
  expect(told?.type).toBe('user.deleted')
  expect(told?.details.apiKeys).toContain(keyId)
})
