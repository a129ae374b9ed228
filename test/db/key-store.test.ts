import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { User } from '../../src/users/user.ts'
import { ada, id, later, newKey, now, openStores, type StoreFixture } from './store-fixture.ts'

let stores: StoreFixture
let owner: User

beforeAll(async () => {
  stores = await openStores()
  owner = await stores.makeUser()
})

afterAll(() => stores.close())

describe('creating a key', () => {
  test('stores the input, with sorted and unique scopes, and records it in the audit trail', async () => {
    const made = await stores.makeKey(owner, {
      scopes: ['read:users', 'read:keys', 'read:users', 'x:{"odd",}'],
      metadata: { team: 'core', nested: [1, null, { deep: true }] },
      description: 'for CI',
      expiresAt: later(60),
    })
    expect(made).toMatchObject({
      ownerId: owner.id,
      parentId: null,
      description: 'for CI',
      scopes: ['read:keys', 'read:users', 'x:{"odd",}'],
      lineageScopes: ['read:keys', 'read:users', 'x:{"odd",}'],
      metadata: { team: 'core', nested: [1, null, { deep: true }] },
      createdAt: now,
      expiresAt: later(60),
      lineageExpiresAt: later(60),
      revokedAt: null,
    })
    expect(await stores.keys.find(made.id)).toEqual(made)
    expect(await stores.events(made.id)).toEqual([
      {
        type: 'api_key.created',
        actor_subject: 'ada',
        actor_credential_kind: 'JWT',
        target_type: 'api_key',
        request_id: 'request-1',
        details: {
          ownerId: owner.id,
          parentId: null,
          name: 'a key',
          scopes: made.scopes,
          expiresAt: later(60).toISOString(),
        },
      },
    ])
  })

  test('stops exactly at the limit when a hundred are created at once', async () => {
    const crowd = await stores.makeUser()
    for (let made = 0; made < 5; made++) await stores.makeKey(crowd)
    await stores.makeKey(crowd, { expiresAt: later(-1) })
    const revoked = await stores.makeKey(crowd)
    await stores.keys.revoke(revoked.id, null, now, ada)
    const results = await Promise.all(
      Array.from({ length: 100 }, () => stores.keys.insert(newKey(crowd), 10, ada)),
    )
    expect(results.filter((result) => typeof result !== 'string')).toHaveLength(5)
    expect(results.filter((result) => result === 'limit-reached')).toHaveLength(95)
    expect(await stores.keys.count({ ownerId: crowd.id, status: 'ACTIVE', now })).toBe(10)
  })

  test('needs an active parent of the same owner, at most eight generations down', async () => {
    const insert = (parentId: string) =>
      stores.keys.insert({ ...newKey(owner), parentId }, 100, ada)
    const expired = await stores.makeKey(owner, { expiresAt: now })
    const revoked = await stores.makeKey(owner)
    await stores.keys.revoke(revoked.id, null, now, ada)
    const foreign = await stores.makeKey(await stores.makeUser())
    for (const parent of [expired.id, revoked.id, foreign.id, id()]) {
      expect(await insert(parent)).toBe('parent-gone')
    }
    let last = await stores.makeKey(owner)
    for (let depth = 1; depth <= 8; depth++) {
      last = await stores.makeKey(owner, { parentId: last.id })
    }
    expect(await insert(last.id)).toBe('too-deep')
  })
})

describe('finding keys', () => {
  test('returns many in the requested order, and null for those that do not exist', async () => {
    const [one, two] = [await stores.makeKey(owner), await stores.makeKey(owner)]
    expect(await stores.keys.findMany([two.id, 'no-id\0', id(), one.id, two.id])).toEqual([
      two,
      null,
      null,
      one,
      two,
    ])
    expect(await stores.keys.findMany([])).toEqual([])
    expect(await stores.keys.find("'; drop table users")).toBeNull()
  })

  test('reports whether a key is a descendant of another', async () => {
    const parent = await stores.makeKey(owner)
    const child = await stores.makeKey(owner, { parentId: parent.id })
    const grandchild = await stores.makeKey(owner, { parentId: child.id })
    const { isWithin } = stores.keys
    expect(await isWithin(grandchild.id, parent.id)).toBe(true)
    expect(await isWithin(parent.id, parent.id)).toBe(true)
    expect(await isWithin(parent.id, child.id)).toBe(false)
    expect(await isWithin(id(), parent.id)).toBe(false)
  })

  test('pages through them newest first, from either end, ties included', async () => {
    const lister = await stores.makeUser()
    for (const seconds of [0, 0, 0, 1, 2])
      await stores.makeKey(lister, { createdAt: later(seconds) })
    const filter = { ownerId: lister.id, status: null, now }
    const request = { limit: 2, after: null, before: null, fromEnd: false }
    const all = (await stores.keys.list(filter, { ...request, limit: 10 })).rows
    expect(all.map((key) => key.createdAt)).toEqual([2, 1, 0, 0, 0].map(later))

    const position = (index: number) => {
      const key = all[index]
      if (key === undefined) throw new Error('too few keys')
      return { at: key.createdAt, id: key.id }
    }
    const page = (more: object) => stores.keys.list(filter, { ...request, ...more })
    expect(await page({})).toEqual({ rows: all.slice(0, 2), more: true })
    expect(await page({ after: position(1) })).toEqual({ rows: all.slice(2, 4), more: true })
    expect(await page({ after: position(3) })).toEqual({ rows: all.slice(4), more: false })
    expect(await page({ fromEnd: true })).toEqual({ rows: all.slice(3), more: true })
    expect(await page({ before: position(3), fromEnd: true })).toEqual({
      rows: all.slice(1, 3),
      more: true,
    })
    expect(await page({ after: position(0), before: position(2) })).toEqual({
      rows: all.slice(1, 2),
      more: false,
    })
  })

  test('filters them by status', async () => {
    const lister = await stores.makeUser()
    const active = await stores.makeKey(lister, { expiresAt: later(1) })
    const expired = await stores.makeKey(lister, { expiresAt: now })
    const revoked = await stores.makeKey(lister)
    await stores.keys.revoke(revoked.id, null, now, ada)
    const found = async (status: 'ACTIVE' | 'EXPIRED' | 'REVOKED') => {
      const page = { limit: 10, after: null, before: null, fromEnd: false }
      const { rows } = await stores.keys.list({ ownerId: lister.id, status, now }, page)
      expect(await stores.keys.count({ ownerId: lister.id, status, now })).toBe(rows.length)
      return rows.map((key) => key.id)
    }
    expect(await found('ACTIVE')).toEqual([active.id])
    expect(await found('EXPIRED')).toEqual([expired.id])
    expect(await found('REVOKED')).toEqual([revoked.id])
    expect(await stores.keys.count({ ownerId: 'nobody', status: null, now })).toBe(0)
  })
})

describe('updating a key', () => {
  test('changes the given fields and records the values before and after', async () => {
    const made = await stores.makeKey(owner)
    const after = await stores.keys.update(
      made.id,
      { name: 'renamed', metadata: { a: 1 }, scopes: ['write:users', 'read:keys'] },
      ada,
    )
    expect(after).toEqual({
      ...made,
      name: 'renamed',
      metadata: { a: 1 },
      scopes: ['read:keys'],
      lineageScopes: ['read:keys'],
    })
    expect((await stores.events(made.id)).at(-1)).toMatchObject({
      type: 'api_key.updated',
      details: {
        name: { from: 'a key', to: 'renamed' },
        metadata: { from: {}, to: { a: 1 } },
        scopes: { from: ['read:keys', 'read:users'], to: ['read:keys'] },
      },
    })
  })

  test('takes removed scopes from the descendants, and records that for each', async () => {
    const scopes = ['read:keys', 'read:users', 'write:keys']
    const top = await stores.makeKey(owner, { scopes })
    const child = await stores.makeKey(owner, { parentId: top.id, scopes: ['read:keys'] })
    const both = ['read:keys', 'read:users']
    const other = await stores.makeKey(owner, { parentId: top.id, scopes: both })
    const below = await stores.makeKey(owner, { parentId: other.id, scopes: both })
    await stores.keys.update(top.id, { scopes: ['read:keys', 'write:keys'] }, ada)
    for (const { id } of [other, below]) {
      expect(await stores.keys.find(id)).toMatchObject({ scopes: ['read:keys'] })
      expect((await stores.events(id)).at(-1)).toMatchObject({
        type: 'api_key.updated',
        details: { scopes: { from: both, to: ['read:keys'] }, ancestorId: top.id },
      })
    }
    expect(await stores.events(child.id)).toHaveLength(1)
    await stores.keys.update(top.id, { addScopes: ['read:users'] }, ada)
    expect(await stores.keys.find(other.id)).toMatchObject({ lineageScopes: ['read:keys'] })
  })

  test('adds scopes, and records them as an event of their own', async () => {
    const made = await stores.makeKey(owner)
    const bounds: unknown[] = []
    const after = await stores.keys.update(
      made.id,
      { name: 'wide', addScopes: ['write:users', 'read:keys'] },
      ada,
      (_before, given) => bounds.push(given),
    )
    const scopes = ['read:keys', 'read:users', 'write:users']
    expect(after).toEqual({ ...made, name: 'wide', scopes, lineageScopes: scopes })
    expect((await stores.events(made.id)).slice(1)).toMatchObject([
      { type: 'api_key.updated', details: { name: { from: 'a key', to: 'wide' } } },
      { type: 'api_key.widened', details: { scopes: { from: made.scopes, to: scopes } } },
    ])
    const child = await stores.makeKey(owner, { parentId: made.id })
    const refuse = (_before: unknown, given: unknown) => {
      bounds.push(given)
      throw new Error('no')
    }
    await expect(
      stores.keys.update(child.id, { addScopes: ['write:users'] }, ada, refuse),
    ).rejects.toThrow('no')
    expect(await stores.keys.find(child.id)).toEqual(child)
    const grant = { ceiling: null, issuerCeiling: null }
    expect(bounds).toEqual([
      { grant, parentScopes: null },
      { grant, parentScopes: scopes },
    ])
  })

  test('writes nothing if nothing changes', async () => {
    const made = await stores.makeKey(owner)
    expect(await stores.keys.update(made.id, { name: made.name }, ada)).toEqual(made)
    expect(await stores.events(made.id)).toHaveLength(1)
  })

  test('fails for a revoked key', async () => {
    const made = await stores.makeKey(owner)
    await stores.keys.revoke(made.id, null, now, ada)
    expect(await stores.keys.update(made.id, { name: 'late' }, ada)).toBeNull()
    expect(await stores.keys.update(id(), { name: 'late' }, ada)).toBeNull()
  })
})

describe('rotating a key', () => {
  const rotation = (more: object = {}) => ({
    secretHash: randomBytes(32),
    secretPepper: '',
    now,
    previousExpiresAt: later(3600),
    force: false,
    heldScopes: null,
    ...more,
  })
  const secrets = async (keyId: string) => {
    const found = await stores.directory.findKeyForVerification(keyId)
    return [found?.secretHash, found?.previousSecretHash].map((hash) => hash && Buffer.from(hash))
  }

  test('does not give a secret to a caller that lacks a scope that was added meanwhile', async () => {
    const owner = await stores.makeUser()
    const made = await stores.makeKey(owner, { scopes: ['read:keys', 'read:users'] })
    const held = (heldScopes: readonly string[]) => rotation({ heldScopes, force: true })
    expect(await stores.keys.rotate(made.id, held(['read:keys']), ada)).toEqual({ widened: true })
    expect(await stores.keys.rotate(made.id, held([]), ada)).toEqual({ widened: true })
    expect(
      (await stores.keys.rotate(made.id, held(['read:users', 'read:keys']), ada)) ?? {},
    ).toMatchObject({
      id: made.id,
    })
  })

  test('succeeds for exactly one of a hundred at once', async () => {
    const first = randomBytes(32)
    const made = await stores.makeKey(owner, { secretHash: first })
    const rotations = Array.from({ length: 100 }, () => rotation())
    const results = await Promise.all(
      rotations.map((each) => stores.keys.rotate(made.id, each, ada)),
    )
    const winners = results.flatMap((result, index) =>
      result !== null && 'id' in result ? [rotations[index]?.secretHash] : [],
    )
    expect(winners).toHaveLength(1)
    expect(results.filter((result) => result !== null && 'until' in result)).toHaveLength(99)
    expect(results.find((result) => result !== null && 'until' in result)).toEqual({
      until: later(3600),
    })
    expect(await secrets(made.id)).toEqual([winners[0], first])
    expect(await stores.events(made.id)).toHaveLength(2)
  })

  test('succeeds again by force or after the grace period', async () => {
    const made = await stores.makeKey(owner)
    await stores.keys.rotate(made.id, rotation(), ada)
    const forced = rotation({ force: true, now: later(1) })
    expect(await stores.keys.rotate(made.id, forced, ada)).toMatchObject({ rotatedAt: later(1) })
    const after = rotation({ now: later(3600), previousExpiresAt: later(7200) })
    expect(await stores.keys.rotate(made.id, after, ada)).toMatchObject({ id: made.id })
    expect(await secrets(made.id)).toEqual([after.secretHash, forced.secretHash])
  })

  test('keeps no old secret without a grace period, nor beyond the expiry of the key', async () => {
    const made = await stores.makeKey(owner, { expiresAt: later(60) })
    expect(await stores.keys.rotate(made.id, rotation(), ada)).toMatchObject({
      previousExpiresAt: later(60),
    })
    const abrupt = rotation({ force: true, previousExpiresAt: now })
    expect(await stores.keys.rotate(made.id, abrupt, ada)).toMatchObject({
      previousExpiresAt: null,
    })
    expect(await secrets(made.id)).toEqual([abrupt.secretHash, null])
  })

  test('fails for a revoked or expired key', async () => {
    const expired = await stores.makeKey(owner, { expiresAt: now })
    const revoked = await stores.makeKey(owner)
    await stores.keys.revoke(revoked.id, null, now, ada)
    for (const key of [expired.id, revoked.id, id()]) {
      expect(await stores.keys.rotate(key, rotation({ force: true }), ada)).toBeNull()
    }
  })
})

describe('revoking a key', () => {
  test('revokes its descendants, once, and records each in the audit trail', async () => {
    const parent = await stores.makeKey(owner)
    const child = await stores.makeKey(owner, { parentId: parent.id })
    const grandchild = await stores.makeKey(owner, { parentId: child.id })
    const before = await stores.makeKey(owner, { parentId: parent.id })
    await stores.keys.revoke(before.id, 'earlier', later(-5), ada)

    const revocation = await stores.keys.revoke(parent.id, 'leaked', now, ada)
    expect(revocation?.key).toMatchObject({
      id: parent.id,
      revokedAt: now,
      revokedReason: 'leaked',
    })
    expect(revocation?.descendants.map((key) => key.id).sort()).toEqual(
      [child.id, grandchild.id].sort(),
    )
    expect((await stores.events(grandchild.id)).at(-1)).toMatchObject({
      type: 'api_key.revoked',
      details: { ancestorId: parent.id, reason: 'leaked', revokedAt: now.toISOString() },
    })
    expect(await stores.keys.find(before.id)).toMatchObject({ revokedReason: 'earlier' })

    const again = await stores.keys.revoke(parent.id, 'again', later(9), ada)
    expect(again).toEqual({ key: revocation?.key, descendants: [] })
    expect(await stores.events(parent.id)).toHaveLength(2)
    expect(await stores.keys.revoke(id(), null, now, ada)).toBeNull()
  })

  test('revokes a child that is being created meanwhile', async () => {
    for (let round = 0; round < 10; round++) {
      const parent = await stores.makeKey(owner)
      const child = { ...newKey(owner), parentId: parent.id }
      const [made] = await Promise.all([
        stores.keys.insert(child, 1000, ada),
        stores.keys.revoke(parent.id, null, now, ada),
      ])
      const found = await stores.keys.find(child.id)
      if (made === 'parent-gone') expect(found).toBeNull()
      else expect(found?.revokedAt).toEqual(now)
    }
  })
})

test('no audit event contains a hash', async () => {
  const secretHash = Buffer.alloc(32, 0xab)
  const made = await stores.makeKey(owner, { secretHash })
  await stores.keys.rotate(
    made.id,
    {
      secretHash: Buffer.alloc(32, 0xcd),
      secretPepper: '',
      now,
      previousExpiresAt: later(1),
      force: false,
      heldScopes: null,
    },
    ada,
  )
  await stores.keys.revoke(made.id, null, now, ada)
  const text = JSON.stringify(await stores.events(made.id))
  expect(text).not.toMatch(/abab|cdcd|q6ur|zc3N|hash/i)
})
