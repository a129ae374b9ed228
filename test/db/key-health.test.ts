import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type HealthFilter,
  healthTimes,
  type KeyFinding,
  keyFindings,
  maxCounted,
} from '../../src/keys/health.ts'
import { fillHealth } from '../../src/keys/sweeper.ts'
import type { Position } from '../../src/pagination.ts'
import type { User } from '../../src/users/user.ts'
import { ada, id, later, now, openStores, type StoreFixture } from './store-fixture.ts'

const day = 24 * 60 * 60
let stores: StoreFixture
let owner: User

beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())
beforeEach(async () => {
  await stores.sql`delete from latchkey.users`
  owner = await stores.makeUser()
})

const everyone: HealthFilter = { ownerId: null, times: healthTimes(now) }

async function found(finding: KeyFinding, filter = everyone, limit = 100) {
  const { rows } = await stores.keys.listFound(finding, filter, { limit, after: null })
  return rows.map(({ key }) => key.id)
}

async function use(keyId: string, at: Date, { scopes = [] as string[], previous = false } = {}) {
  await stores.directory.markUsed([
    {
      keyId,
      lastUsedAt: at,
      previousLastUsedAt: previous ? at : null,
      scopes: scopes.map((scope) => ({ scope, lastUsedAt: at })),
    },
  ])
}

async function rotate(keyId: string, at: Date, until: Date) {
  await stores.keys.rotate(
    keyId,
    {
      secretHash: randomBytes(32),
      secretPepper: '',
      now: at,
      previousExpiresAt: until,
      force: true,
      heldScopes: null,
    },
    ada,
  )
}

describe('findings', () => {
  test('a key never expires if neither it nor an ancestor does', async () => {
    const lasting = await stores.makeKey(owner, { createdAt: later(-2) })
    const newer = await stores.makeKey(owner)
    const expiring = await stores.makeKey(owner, { expiresAt: later(60 * day) })
    await stores.makeKey(owner, { parentId: expiring.id })
    const revoked = await stores.makeKey(owner)
    await stores.keys.revoke(revoked.id, null, now, ada)
    expect(await found('NEVER_EXPIRES')).toEqual([newer.id, lasting.id])
  })

  test('a key is idle 90 days after its last use, or its creation', async () => {
    const createdAt = later(-200 * day)
    const [neverUsed, longUsed, used, expired, revoked] = [
      await stores.makeKey(owner, { createdAt: later(-91 * day) }),
      await stores.makeKey(owner, { createdAt }),
      await stores.makeKey(owner, { createdAt }),
      await stores.makeKey(owner, { createdAt, expiresAt: later(-day) }),
      await stores.makeKey(owner, { createdAt }),
    ]
    await stores.makeKey(owner, { createdAt: later(-89 * day) })
    await use(longUsed.id, later(-96 * day))
    // Uses within a week of one another write the column of the index once.
    for (const days of [199, 95, 92, 89]) await use(used.id, later(-days * day))
    await stores.keys.revoke(revoked.id, null, now, ada)
    expect(await found('IDLE')).toEqual([longUsed.id, neverUsed.id])
    expect(await found('IDLE', { ownerId: null, times: healthTimes(later(2 * day)) })).toEqual([
      longUsed.id,
      used.id,
      neverUsed.id,
      expect.any(String),
    ])
    expect(expired.revokedAt).toBeNull()
  })

  test('a use writes the column of the index at most once in 7 days', async () => {
    const key = await stores.makeKey(owner, { createdAt: later(-30 * day) })
    const floors: Date[] = []
    for (const days of [30, 25, 23, 22, 16, 10, 1]) {
      await use(key.id, later(-days * day))
      const [row] = await stores.sql`select last_used_floor as floor from latchkey.api_keys`
      floors.push(row?.floor)
    }
    expect(floors).toEqual([30, 30, 30, 22, 22, 10, 1].map((days) => later(-days * day)))
    await stores.sql`update latchkey.api_keys set last_used_at = ${later(-5 * day)}`
    const [row] = await stores.sql`select last_used_floor as floor from latchkey.api_keys`
    expect(row?.floor).toEqual(later(-5 * day))
  })

  test('a key from before the columns of findings is found once they are filled', async () => {
    const createdAt = later(-200 * day)
    const key = await stores.makeKey(owner, { createdAt })
    await rotate(key.id, later(-100 * day), later(day))
    await use(key.id, later(-95 * day), { scopes: ['read:users'], previous: true })
    const used = await stores.makeKey(owner, { createdAt })
    await use(used.id, later(-95 * day), { scopes: ['read:users'] })
    await stores.sql.begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`
      await transaction`update latchkey.api_keys
        set last_used_floor = '-infinity', previous_used = false, used_scopes = 0`
    })
    expect(await found('IDLE')).toEqual([])
    // A use fills the columns too.
    await use(used.id, later(-94 * day))
    expect(await found('IDLE')).toEqual([used.id])
    await fillHealth(stores.keys)
    expect((await found('IDLE')).sort()).toEqual([key.id, used.id].sort())
    expect((await found('UNUSED_SCOPES')).sort()).toEqual([key.id, used.id].sort())
    expect(await found('PREVIOUS_SECRET_USED')).toEqual([key.id])
    expect(await stores.keys.fillHealth('')).toBeNull()
  })

  test('scopes are unused if a key older than 30 days has used others', async () => {
    const createdAt = later(-31 * day)
    const partly = await stores.makeKey(owner, { createdAt })
    await stores.makeKey(owner, { createdAt })
    const all = await stores.makeKey(owner, { createdAt })
    const young = await stores.makeKey(owner, { createdAt: later(-29 * day) })
    const narrowed = await stores.makeKey(owner, { createdAt })
    await use(partly.id, now, { scopes: ['read:users'] })
    await use(all.id, now, { scopes: ['read:users'] })
    await use(all.id, now, { scopes: ['read:users', 'read:keys', 'other'] })
    await use(young.id, now, { scopes: ['read:users'] })
    await use(narrowed.id, now, { scopes: ['read:users', 'other'] })
    expect(await found('UNUSED_SCOPES')).toEqual([partly.id, narrowed.id].sort().reverse())
    await stores.keys.update(narrowed.id, { scopes: ['read:users'] }, ada)
    expect(await found('UNUSED_SCOPES')).toEqual([partly.id])
    await stores.keys.update(all.id, { addScopes: ['write:keys'] }, ada)
    expect(await found('UNUSED_SCOPES')).toEqual([partly.id, all.id].sort().reverse())
  })

  test('removing scopes from a parent counts for its descendants', async () => {
    const createdAt = later(-31 * day)
    const parent = await stores.makeKey(owner, { createdAt })
    const child = await stores.makeKey(owner, { createdAt, parentId: parent.id })
    await use(child.id, now, { scopes: ['read:users'] })
    expect(await found('UNUSED_SCOPES')).toEqual([child.id])
    await stores.keys.update(parent.id, { scopes: ['read:users'] }, ada)
    expect(await found('UNUSED_SCOPES')).toEqual([])
  })

  test('a key expires soon within 14 days, the first one first', async () => {
    const second = await stores.makeKey(owner, { expiresAt: later(14 * day) })
    const first = await stores.makeKey(owner, { expiresAt: later(60) })
    await stores.makeKey(owner, { expiresAt: later(14 * day + 1) })
    await stores.makeKey(owner, { expiresAt: later(-1) })
    const child = await stores.makeKey(owner, { parentId: second.id })
    expect(await found('EXPIRES_SOON')).toEqual([first.id, ...[second.id, child.id].sort()])
  })

  test('the previous secret is used if it was since the rotation, until its grace period ends', async () => {
    const used = await stores.makeKey(owner)
    const unused = await stores.makeKey(owner)
    for (const { id } of [used, unused]) await rotate(id, now, later(100))
    await use(unused.id, later(1))
    expect(await found('PREVIOUS_SECRET_USED')).toEqual([])
    await use(used.id, later(1), { previous: true })
    expect(await found('PREVIOUS_SECRET_USED')).toEqual([used.id])
    const after = { ownerId: null, times: healthTimes(later(101)) }
    expect(await found('PREVIOUS_SECRET_USED', after)).toEqual([])
    await rotate(used.id, later(2), later(100))
    expect(await found('PREVIOUS_SECRET_USED')).toEqual([])
  })

  test('the owner is suspended', async () => {
    const key = await stores.makeKey(owner)
    const revoked = await stores.makeKey(owner)
    await stores.keys.revoke(revoked.id, null, now, ada)
    await stores.makeKey(await stores.makeUser())
    expect(await found('OWNER_SUSPENDED')).toEqual([])
    await stores.users.setStatus(owner.id, 'SUSPENDED', null, ada)
    expect(await found('OWNER_SUSPENDED')).toEqual([key.id])
    await stores.users.setStatus(owner.id, 'ACTIVE', null, ada)
    expect(await found('OWNER_SUSPENDED')).toEqual([])
  })
})

describe('pages', () => {
  /** Makes two keys of `of` with every finding except one of the two that exclude each other. */
  async function makeUnhealthy(of: User) {
    for (let n = 0; n < 3; n++) {
      const createdAt = later(-200 * day)
      const [expiring, lasting] = [
        await stores.makeKey(of, { createdAt, expiresAt: later(day) }),
        await stores.makeKey(of, { createdAt }),
      ]
      for (const { id } of [expiring, lasting]) {
        await rotate(id, later(-100 * day), later(day))
        await use(id, later(-95 * day), { scopes: ['read:users'], previous: true })
      }
    }
    await stores.users.setStatus(of.id, 'SUSPENDED', null, ada)
  }

  test.each(keyFindings)('of %s follow one another, for one owner and for all', async (finding) => {
    const other = await stores.makeUser()
    for (const one of [owner, other]) await makeUnhealthy(one)
    for (const ownerId of [null, owner.id]) {
      const filter = { ...everyone, ownerId }
      const all = await found(finding, filter)
      expect(new Set(all).size).toBe(all.length)
      expect(all.length).toBe(
        (finding === 'NEVER_EXPIRES' || finding === 'EXPIRES_SOON' ? 3 : 6) * (ownerId ? 1 : 2),
      )
      expect(await stores.keys.countFound(finding, filter)).toBe(all.length)
      const paged: string[] = []
      let after: Position | null = null
      for (let more = true; more; ) {
        const page = await stores.keys.listFound(finding, filter, { limit: 2, after })
        paged.push(...page.rows.map(({ key }) => key.id))
        after = page.rows.at(-1)?.position ?? null
        more = page.more
      }
      expect(paged).toEqual(all)
    }
  })

  test('an owner that cannot exist has no findings', async () => {
    for (const finding of keyFindings) {
      const filter = { ...everyone, ownerId: id() }
      expect(await found(finding, filter)).toEqual([])
      expect(await stores.keys.countFound(finding, filter)).toBe(0)
    }
  })

  test(`counts end at ${maxCounted}`, async () => {
    await stores.sql`
      insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash)
      select lpad(n::text, 16, 'k'), ${owner.id}, 'a key', '{read:users}', 'x'
      from generate_series(1, ${maxCounted + 5}) as n`
    expect(await stores.keys.countFound('NEVER_EXPIRES', everyone)).toBe(maxCounted)
  }, 30_000)
})
