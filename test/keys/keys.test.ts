import { beforeEach, describe, expect, it } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { actorOf } from '../../src/audit/caller.ts'
import type { ApiKey } from '../../src/keys/api-key.ts'
import { createKeyService, type KeyService } from '../../src/keys/keys.ts'
import type { KeyStore, WideningBounds } from '../../src/keys/store.ts'
import type { Principal } from '../../src/principal.ts'
import { createScopeCatalogue, sorted } from '../../src/scopes.ts'
import { apiKey, callerWith, principalOf } from '../support/domain.ts'

const now = new Date('2026-06-01T12:00:00Z')
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)
const day = 86_400_000

/** The changes that the store received, and its answers. */
let keys: Map<string, ApiKey>
let asked: unknown[][]
/** The lookups that the store received, and its rows. */
let found: (ApiKey | null)[]
let answers: Partial<Record<keyof KeyStore, unknown>>
let needed: (readonly string[])[]
/** The bounds of the scopes that a key can get. */
let bounds: WideningBounds
let service: KeyService

const store: KeyStore = {
  async find(id, ownerId) {
    const key = keys.get(id) ?? null
    const mine = ownerId === undefined || key?.ownerId === ownerId ? key : null
    found.push(mine)
    return mine
  },
  findMany: async (ids) => ids.map((id) => keys.get(id) ?? null),
  list: async () => ({ rows: [...keys.values()], more: false }),
  count: async () => keys.size,
  listFound: async () => ({ rows: [], more: false }),
  countFound: async () => 0,
  listAffected: async () => ({ rows: [], more: false }),
  countAffected: async () => 0,
  async isWithin(id, ancestorId) {
    for (let at = keys.get(id); at !== undefined; at = keys.get(at.parentId ?? '')) {
      if (at.id === ancestorId) return true
    }
    return false
  },
  insert: (key, ...rest) =>
    answer('insert', [key, ...rest], () => apiKey(key.id, { ...key, lineageExpiresAt: null })),
  update: (id, change, by, check) =>
    answer('update', [id, change, by], () => {
      const key = keys.get(id)
      if (key !== undefined) check?.(key, change.addScopes === undefined ? null : bounds)
      return key
    }),
  rotate: (id, ...rest) => answer('rotate', [id, ...rest], () => keys.get(id)),
  expirePrevious: (id, ...rest) => answer('expirePrevious', [id, ...rest], () => keys.get(id)),
  revoke: (id, ...rest) =>
    answer('revoke', [id, ...rest], () => ({ key: keys.get(id), descendants: [] })),
  revokeAll: (...all) => answer('revokeAll', all, () => 3),
  findScopeUses: async (ids) => ids.map(() => []),
  findActivity: async () => [],
  findDescendants: async (ids) => ids.map(() => []),
  eraseDeadSecrets: async () => 0,
  fillHealth: async () => null,
}

async function answer<T>(method: keyof KeyStore, args: unknown[], usually: () => unknown) {
  asked.push([method, ...args])
  return (method in answers ? answers[method] : usually()) as T
}

function create(options: { maxLifetimeDays?: number; maxPerOwner?: number } = {}): KeyService {
  return createKeyService({
    store,
    maker: {
      newKey: () => ({
        id: 'new',
        key: 'lk_new_secret',
        secretHash: new Uint8Array([1]),
        secretPepper: 'one',
      }),
      newSecret: (id) => ({
        key: `lk_${id}_again`,
        secretHash: new Uint8Array([2]),
        secretPepper: 'two',
      }),
      importedKey: () => ({ id: 'old', secretHash: new Uint8Array([3]), secretPepper: 'one' }),
    },
    catalogue: createScopeCatalogue({ 'read:orders': 'Read orders.' }),
    maxPerOwner: options.maxPerOwner ?? 7,
    maxLifetimeDays: options.maxLifetimeDays ?? null,
    now: () => now.getTime(),
    onScopesNeeded: (_principal, scopes) => needed.push(scopes),
  })
}

beforeEach(() => {
  keys = new Map()
  asked = []
  found = []
  answers = {}
  needed = []
  bounds = { grant: { ceiling: null, issuerCeiling: null }, parentScopes: null }
  service = create()
})

function put(id: string, properties: Partial<ApiKey> = {}): ApiKey {
  const key = apiKey(id, properties)
  keys.set(id, key)
  return key
}

const missing = (what: RegExp) =>
  expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringMatching(what) })
const notFound = missing(/^There is no such API key, /)
const conflict = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFLICT', message: expect.stringMatching(message) })
const badInput = (field: string, message: RegExp) =>
  expect.objectContaining({
    code: 'BAD_USER_INPUT',
    field,
    message: expect.stringMatching(message),
  })
const notHeld = (...missingScopes: string[]) =>
  expect.objectContaining({ code: 'FORBIDDEN', missingScopes })

const ada = callerWith(['read:users', 'write:keys'])
const manager = callerWith(['manage:keys', 'read:keys', 'read:users'], { userId: 'grace' })

describe('reading', () => {
  it("finds the caller's own key, and no other", async () => {
    const key = put('k')
    expect(await service.read(ada.principal, 'k')).toBe(key)
    expect(await service.read(principalOf(['read:keys'], { userId: 'grace' }), 'k')).toBeNull()
    expect(await service.read(ada.principal, 'nothing')).toBeNull()
    expect(needed).toEqual([])
  })

  it.each<[string[], boolean]>([
    [['manage:keys', 'read:users'], true],
    [['manage:keys'], false],
    [['read:users'], false],
    [['read:keys', 'write:keys', 'write:users'], false],
  ])("finds another user's key with %j: %s", async (scopes, found) => {
    put('k')
    const principal = principalOf(scopes, { userId: 'grace' })
    expect((await service.read(principal, 'k')) !== null).toBe(found)
    expect(service.filter(principal, { ownerId: 'ada', status: null }) !== null).toBe(found)
    expect(needed).toEqual(found ? Array(2).fill(['manage:keys', 'read:users']) : [])
  })

  it('uses the caller if no owner is named', () => {
    const of = (principal: Principal, ownerId: string | null) =>
      service.filter(principal, { ownerId, status: 'EXPIRED' })
    expect(of(ada.principal, null)).toMatchObject({ ownerId: 'ada', status: 'EXPIRED', now })
    expect(of(ada.principal, 'ada')).toMatchObject({ ownerId: 'ada', status: 'EXPIRED', now })
    expect(of(manager.principal, 'ada')).toMatchObject({ ownerId: 'ada', status: 'EXPIRED', now })
    expect(of(ada.principal, 'grace')).toBeNull()
  })
})

describe('creating a key', () => {
  const input = { name: ' CI ', scopes: ['read:users'] }

  it('stores the input, and returns the secret once', async () => {
    const { apiKey: made, secret } = await service.create(ada, {
      ...input,
      description: ' several\nlines ',
      metadata: { a: 1 },
      expiresAt: later(5),
    })
    expect(secret).toBe('lk_new_secret')
    expect(made.id).toBe('new')
    expect(asked).toEqual([
      [
        'insert',
        {
          id: 'new',
          ownerId: 'ada',
          parentId: null,
          name: 'CI',
          description: 'several\nlines',
          scopes: ['read:users'],
          metadata: { a: 1 },
          secretHash: new Uint8Array([1]),
          secretPepper: 'one',
          createdAt: now,
          expiresAt: later(5),
        },
        7,
        actorOf(ada),
      ],
    ])
    expect(needed).toEqual([['read:users']])
  })

  it('uses defaults for missing input', async () => {
    await service.create(ada, input)
    expect(asked[0]?.[1]).toMatchObject({ description: null, metadata: {}, expiresAt: null })
    await service.create(ada, { ...input, description: null, metadata: null, expiresAt: null })
    expect(asked[1]?.[1]).toMatchObject({ description: null, metadata: {}, expiresAt: null })
  })

  it('requires the scopes of the key', async () => {
    const wide = { ...input, scopes: ['read:users', 'write:users', 'read:keys'] }
    await expect(service.create(ada, wide)).rejects.toThrow(notHeld('read:keys', 'write:users'))
    expect(asked).toEqual([])
    expect(needed).toEqual([])
  })

  it.each<[string, object, string, RegExp]>([
    ['no scope', { scopes: [] }, 'scopes', /at least one/],
    ['a scope twice', { scopes: ['read:users', 'read:users'] }, 'scopes', /twice/],
    ['an unknown scope', { scopes: ['read:user'] }, 'scopes', /not a scope/],
    ['no name', { name: ' ' }, 'name', /empty/],
    ['a name too long', { name: 'x'.repeat(101) }, 'name', /at most 100/],
    ['a name of two lines', { name: 'a\nb' }, 'name', /control/],
    ['a description too long', { description: 'x'.repeat(501) }, 'description', /at most 500/],
    ['metadata too large', { metadata: { a: 'x'.repeat(4097) } }, 'metadata', /larger/],
    ['an expiry in the past', { expiresAt: now }, 'expiresAt', /past/],
  ])('with %s is refused', async (_name, change, field, message) => {
    await expect(service.create(ada, { ...input, ...change })).rejects.toThrow(
      badInput(field, message),
    )
    expect(asked).toEqual([])
  })

  it('with a key creates a child, which does not outlive it', async () => {
    const parent = put('parent', { expiresAt: later(9) })
    const caller = callerWith(['read:users', 'write:keys'], { key: parent })
    await service.create(caller, input)
    expect(asked[0]?.[1]).toMatchObject({ parentId: 'parent', expiresAt: later(9) })
    await expect(service.create(caller, { ...input, expiresAt: later(10) })).rejects.toThrow(
      badInput('expiresAt', /expiry of the parent key/),
    )
  })

  it('with a JWT creates no child, and the key outlives the JWT', async () => {
    const caller = callerWith(['read:users'])
    const expiring = {
      ...caller,
      principal: {
        ...caller.principal,
        credential: { ...caller.principal.credential, expiresAt: later(1) },
      },
    }
    await service.create(expiring, input)
    expect(asked[0]?.[1]).toMatchObject({ parentId: null, expiresAt: null })
  })

  it('respects the maximum lifetime', async () => {
    service = create({ maxLifetimeDays: 2 })
    await service.create(ada, input)
    expect(asked[0]?.[1]).toMatchObject({ expiresAt: later(2 * day) })
    await expect(service.create(ada, { ...input, expiresAt: later(2 * day + 1) })).rejects.toThrow(
      badInput('expiresAt', /at most 2 days/),
    )
  })

  it.each([
    ['limit-reached', /^The owner may have at most 7 active keys\. Revoke one first\.$/],
    [
      'parent-gone',
      /^The parent of the new key was revoked\. Create the key with another credential\.$/,
    ],
    ['too-deep', /^A key may have at most 8 ancestors\. Create the key with one of/],
  ])('that the store answers with %s is a conflict', async (outcome, message) => {
    answers.insert = outcome
    const withKey = callerWith(['read:users', 'write:keys'], { key: put('parent') })
    await expect(service.create(withKey, input)).rejects.toThrow(conflict(message))
  })

  it('for a user that was deleted meanwhile is not possible', async () => {
    answers.insert = 'parent-gone'
    await expect(service.create(ada, input)).rejects.toThrow(missing(/^There is no such user, /))
  })

  it('names a limit of one in the singular', async () => {
    service = create({ maxPerOwner: 1 })
    answers.insert = 'limit-reached'
    await expect(service.create(ada, input)).rejects.toThrow(
      conflict(/^The owner may have at most 1 active key\. Revoke one first\.$/),
    )
  })

  it('by an operator names the limit of that call', async () => {
    answers.insert = 'limit-reached'
    await expect(service.asOperator().create('grace', input, 2)).rejects.toThrow(
      conflict(/^The owner may have at most 2 active keys\. /),
    )
  })

  it('by an operator is only validated', async () => {
    const { secret } = await service.asOperator().create('grace', {
      name: 'x',
      scopes: ['write:grants', 'read:orders'],
    })
    expect(secret).toBe('lk_new_secret')
    expect(asked[0]?.[1]).toMatchObject({
      ownerId: 'grace',
      parentId: null,
      scopes: ['read:orders', 'write:grants'],
    })
    expect(asked[0]?.slice(2)).toEqual([7, operator])
    await service.asOperator().create('grace', { name: 'x', scopes: ['read:orders'] }, 9)
    expect(asked[1]?.[2]).toBe(9)
    await expect(service.asOperator().create('grace', { name: 'x', scopes: [] })).rejects.toThrow(
      badInput('scopes', /at least one/),
    )
  })
})

/** Only the owner's credentials may do these; a key only to itself and its descendants. */
describe.each<[string, (caller: typeof ada, id: string) => Promise<unknown>]>([
  ['updating', (caller, id) => service.update(caller, { id, name: 'new' })],
  ['rotating', (caller, id) => service.rotate(caller, { id })],
  ['ending a grace period of', (caller, id) => service.expirePrevious(caller, id)],
])('%s', (_name, change) => {
  beforeEach(() => {
    put('parent')
    put('child', { parentId: 'parent' })
    put('grandchild', { parentId: 'child' })
    put('other')
    put('hers', { ownerId: 'grace' })
  })

  it.each(['nothing', 'hers'])("a key that is not the caller's is not found (%s)", async (id) => {
    await expect(change(ada, id)).rejects.toThrow(notFound)
    const byKey = callerWith(['read:users', 'write:keys'], { key: apiKey('hers') })
    await expect(change(byKey, id)).rejects.toThrow(notFound)
    expect(asked).toEqual([])
  })

  it.each(['parent', 'child', 'grandchild', 'other'])("%s is the owner's by JWT", async (id) => {
    await change(ada, id)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.[1]).toBe(id)
    expect(asked[0]?.at(-1)).toEqual(actorOf(ada))
  })

  it('is allowed to a key for itself and its descendants', async () => {
    const child = callerWith(['read:users', 'write:keys'], { key: apiKey('child') })
    await change(child, 'child')
    await change(child, 'grandchild')
    expect(asked.map(([, id]) => id)).toEqual(['child', 'grandchild'])
    for (const id of ['parent', 'other']) await expect(change(child, id)).rejects.toThrow(notFound)
  })

  it('is not allowed to a key whose id is unknown', async () => {
    const { principal } = callerWith(['read:users', 'write:keys'], { key: apiKey('child') })
    const nameless = {
      principal: { ...principal, credential: { ...principal.credential, id: null } },
      requestId: null,
    }
    await expect(change(nameless, 'child')).rejects.toThrow(notFound)
  })
})

describe('updating a key', () => {
  it('changes the given fields only', async () => {
    const key = put('k', { scopes: ['read:keys', 'read:users'] })
    const changes: [object, object][] = [
      [{ name: ' n ' }, { name: 'n' }],
      [{ description: 'two\nlines' }, { description: 'two\nlines' }],
      [{ description: '' }, { description: null }],
      [{ description: null }, { description: null }],
      [{ metadata: { a: [1] } }, { metadata: { a: [1] } }],
      [{ scopes: ['read:users'] }, { scopes: ['read:users'] }],
      [
        { name: 'n', scopes: ['read:users', 'read:keys'], metadata: null },
        { name: 'n', scopes: ['read:keys', 'read:users'] },
      ],
    ]
    for (const [input, change] of changes) {
      asked = []
      expect(await service.update(ada, { id: 'k', ...input })).toBe(key)
      expect(asked).toEqual([['update', 'k', change, actorOf(ada)]])
    }
  })

  it('without input does not call the store', async () => {
    const key = put('k')
    expect(await service.update(ada, { id: 'k', name: null, metadata: null, scopes: null })).toBe(
      key,
    )
    expect(asked).toEqual([])
  })

  it.each<[object, string, RegExp]>([
    [{ name: '' }, 'name', /empty/],
    [{ name: 'x'.repeat(101) }, 'name', /at most 100/],
    [{ description: 'x'.repeat(501) }, 'description', /at most 500/],
    [{ metadata: { a: '\0' } }, 'metadata', /U\+0000/],
    [
      { scopes: [] },
      'scopes',
      /^`scopes` must keep at least one scope\. To remove all scopes, revoke the key\.$/,
    ],
    [{ scopes: ['read:users', 'read:users'] }, 'scopes', /twice/],
    [
      { scopes: ['read:users', 'write:keys'] },
      'scopes',
      /^`scopes` can only remove scopes: the key has read:keys, read:users\. Add scopes with `addScopes`\.$/,
    ],
  ])('with %j is refused', async (input, field, message) => {
    put('k', { scopes: ['read:keys', 'read:users'] })
    await expect(service.update(ada, { id: 'k', ...input })).rejects.toThrow(
      badInput(field, message),
    )
    expect(asked).toEqual([])
  })

  it('that is revoked, before or meanwhile, is a conflict', async () => {
    const revoked = conflict(/^The API key was revoked and cannot be changed\.$/)
    put('k', { revokedAt: now })
    await expect(service.update(ada, { id: 'k', name: 'n' })).rejects.toThrow(revoked)
    expect(asked).toEqual([])
    put('k')
    answers.update = null
    await expect(service.update(ada, { id: 'k', name: 'n' })).rejects.toThrow(revoked)
  })

  it('of another user only narrows it, for a caller with manage:keys', async () => {
    put('k', { scopes: ['read:keys', 'read:users'] })
    await service.update(manager, { id: 'k', scopes: ['read:users'] }, false)
    expect(asked).toEqual([['update', 'k', { scopes: ['read:users'] }, actorOf(manager)]])
    expect(needed).toEqual([['manage:keys']])
    for (const [field, value] of [
      ['name', 'n'],
      ['description', null],
      ['metadata', {}],
    ] as const) {
      await expect(
        service.update(manager, { id: 'k', scopes: ['read:users'], [field]: value }),
      ).rejects.toThrow(badInput(field, /^Only the owner of a key can change its `\w+`\.$/))
    }
    const noManager = callerWith(['write:keys', 'read:users'], { userId: 'grace' })
    await expect(service.update(noManager, { id: 'k', scopes: ['read:users'] })).rejects.toThrow(
      notFound,
    )
  })

  it("of the caller's own is not limited to narrowing by manage:keys", async () => {
    put('k', { ownerId: 'grace' })
    await service.update(manager, { id: 'k', name: 'n' })
    expect(asked).toEqual([['update', 'k', { name: 'n' }, actorOf(manager)]])
    expect(needed).toEqual([])
    await expect(service.update(manager, { id: 'nothing', name: 'n' })).rejects.toThrow(notFound)
  })
})

describe('rotating a key', () => {
  it('returns a new secret, and keeps the old one for the grace period', async () => {
    const key = put('k')
    expect(await service.rotate(ada, { id: 'k', gracePeriodSeconds: 60, force: true })).toEqual({
      apiKey: key,
      secret: 'lk_k_again',
    })
    await service.rotate(ada, { id: 'k' })
    await service.rotate(ada, { id: 'k', gracePeriodSeconds: 0, force: false })
    const secretHash = new Uint8Array([2])
    const rotation = { secretHash, secretPepper: 'two', now, heldScopes: key.scopes }
    expect(asked.map(([, , sent]) => sent)).toEqual([
      { ...rotation, previousExpiresAt: later(60_000), force: true },
      { ...rotation, previousExpiresAt: later(day), force: false },
      { ...rotation, previousExpiresAt: now, force: false },
    ])
    expect(needed).toEqual(Array(3).fill(['read:users']))
  })

  it('requires all of its scopes', async () => {
    put('k', { scopes: ['read:audit', 'read:users', 'write:users'] })
    await expect(service.rotate(ada, { id: 'k' })).rejects.toThrow(
      notHeld('read:audit', 'write:users'),
    )
    expect(asked).toEqual([])
  })

  it('is refused with a grace period out of bounds, whoever owns the key', async () => {
    await expect(service.rotate(ada, { id: 'nothing', gracePeriodSeconds: -1 })).rejects.toThrow(
      badInput('gracePeriodSeconds', /between/),
    )
  })

  it('that is revoked or expired is a conflict', async () => {
    put('k', { revokedAt: now })
    await expect(service.rotate(ada, { id: 'k' })).rejects.toThrow(conflict(/was revoked and/))
    expect(asked).toEqual([])
    put('k')
    answers.rotate = null
    await expect(service.rotate(ada, { id: 'k' })).rejects.toThrow(
      conflict(/^The API key has expired or was revoked\. Create a new one\.$/),
    )
  })

  it('during a change that adds scopes is a conflict', async () => {
    put('k')
    answers.rotate = { widened: true }
    await expect(service.rotate(ada, { id: 'k' })).rejects.toThrow(conflict(/^Scopes were added/))
  })

  it('during the grace period of another rotation is a conflict that names its end', async () => {
    put('k')
    answers.rotate = { until: later(1) }
    await expect(service.rotate(ada, { id: 'k' })).rejects.toThrow(
      conflict(
        /^The grace period of the last rotation has not ended: the previous secret works until 2026-06-01T12:00:00\.001Z\. Wait until then, or rotate with `force`, which ends the grace period at once\.$/,
      ),
    )
  })

  it('of another user is not allowed to manage:keys, which could then impersonate that user', async () => {
    put('k')
    await expect(service.rotate(manager, { id: 'k' })).rejects.toThrow(notFound)
    await expect(service.expirePrevious(manager, 'k')).rejects.toThrow(notFound)
  })
})

describe('ending a grace period', () => {
  it('takes effect now', async () => {
    const key = put('k')
    expect(await service.expirePrevious(ada, 'k')).toBe(key)
    expect(asked).toEqual([['expirePrevious', 'k', now, actorOf(ada)]])
  })

  it('of a revoked or expired key is a conflict', async () => {
    put('k')
    answers.expirePrevious = null
    await expect(service.expirePrevious(ada, 'k')).rejects.toThrow(
      conflict(/^The API key has expired or was revoked\. None of its secrets works\.$/),
    )
  })
})

describe('revoking a key', () => {
  it('is allowed to any credential of its owner', async () => {
    const key = put('k')
    const byKey = callerWith(['write:keys'], { key: apiKey('other') })
    expect(await service.revoke(byKey, { id: 'k', reason: ' lost ' })).toEqual({
      key,
      descendants: [],
    })
    await service.revoke(ada, { id: 'k', reason: null })
    await service.revoke(ada, { id: 'k', reason: undefined })
    expect(asked).toEqual([
      ['revoke', 'k', 'lost', now, actorOf(byKey)],
      ['revoke', 'k', null, now, actorOf(ada)],
      ['revoke', 'k', null, now, actorOf(ada)],
    ])
    expect(needed).toEqual([])
  })

  it('of another user requires manage:keys', async () => {
    put('k')
    await service.revoke(manager, { id: 'k', reason: 'two\nlines' }, false)
    expect(asked).toEqual([['revoke', 'k', 'two\nlines', now, actorOf(manager)]])
    expect(needed).toEqual([['manage:keys']])
    const noManager = callerWith(['write:keys'], { userId: 'grace' })
    await expect(service.revoke(noManager, { id: 'k', reason: null })).rejects.toThrow(notFound)
  })

  it('and returning it requires the scopes of reading it, without which nothing is changed', async () => {
    put('k')
    const blind = callerWith(['manage:keys'], { userId: 'grace' })
    const lacking = notHeld('read:keys', 'read:users')
    for (const act of [
      () => service.revoke(blind, { id: 'k' }),
      () => service.update(blind, { id: 'k', scopes: ['read:users'] }),
    ]) {
      await expect(act()).rejects.toThrow(lacking)
    }
    expect(asked).toEqual([])
    await service.revoke(manager, { id: 'k' })
    expect(needed).toEqual([['manage:keys', 'read:keys', 'read:users']])
  })

  it('that does not exist, before or meanwhile, is not found', async () => {
    for (const caller of [ada, manager]) {
      await expect(service.revoke(caller, { id: 'nothing', reason: null })).rejects.toThrow(
        notFound,
      )
    }
    expect(asked).toEqual([])
    put('k')
    answers.revoke = null
    await expect(service.revoke(ada, { id: 'k', reason: null })).rejects.toThrow(notFound)
  })

  it('stores a reason of printable text', async () => {
    put('k')
    await expect(service.revoke(ada, { id: 'k', reason: 'x'.repeat(501) })).rejects.toThrow(
      badInput('reason', /at most 500/),
    )
    await expect(service.revokeAll(ada, { reason: '\0' })).rejects.toThrow(
      badInput('reason', /control/),
    )
    expect(asked).toEqual([])
  })
})

describe('revoking all keys', () => {
  it("is allowed for the caller's own keys, or with manage:keys for another user's", async () => {
    expect(await service.revokeAll(ada, {})).toBe(3)
    await service.revokeAll(ada, { ownerId: null, reason: ' a\nb ' })
    await service.revokeAll(ada, { ownerId: 'ada' })
    expect(needed).toEqual([])
    await service.revokeAll(manager, { ownerId: 'ada' })
    expect(needed).toEqual([['manage:keys']])
    expect(asked).toEqual([
      ['revokeAll', 'ada', null, now, actorOf(ada)],
      ['revokeAll', 'ada', 'a\nb', now, actorOf(ada)],
      ['revokeAll', 'ada', null, now, actorOf(ada)],
      ['revokeAll', 'ada', null, now, actorOf(manager)],
    ])
  })

  it('of another user is refused like that of a missing user', async () => {
    const nobody = missing(/^There is no such user, /)
    await expect(service.revokeAll(ada, { ownerId: 'grace' })).rejects.toThrow(nobody)
    expect(asked).toEqual([])
    answers.revokeAll = null
    await expect(service.revokeAll(manager, { ownerId: 'nobody' })).rejects.toThrow(nobody)
  })
})

it('the needed scopes are not reported without a listener', async () => {
  const silent = createKeyService({
    store,
    maker: {
      newKey: () => ({
        id: 'new',
        key: 'lk_new_secret',
        secretHash: new Uint8Array([1]),
        secretPepper: 'one',
      }),
      newSecret: (id) => ({
        key: `lk_${id}_again`,
        secretHash: new Uint8Array([2]),
        secretPepper: 'two',
      }),
      importedKey: () => ({ id: 'old', secretHash: new Uint8Array([3]), secretPepper: 'one' }),
    },
    catalogue: createScopeCatalogue(),
    maxPerOwner: 7,
    maxLifetimeDays: null,
    now: () => now.getTime(),
  })
  expect(await silent.create(ada, { name: 'x', scopes: sorted(['read:users']) })).toBeDefined()
})

describe("another user's key and a missing one", () => {
  const caller = callerWith(['write:keys'])
  const attempts: [string, (id: string) => Promise<unknown>][] = [
    ['read', (id) => service.read(caller.principal, id)],
    ['updated', (id) => service.update(caller, { id, name: 'Mine' })],
    ['rotated', (id) => service.rotate(caller, { id })],
    ['without its previous secret', (id) => service.expirePrevious(caller, id)],
    ['revoked', (id) => service.revoke(caller, { id })],
  ]

  it.each(attempts)('give the same work, and the same answer: %s', async (_name, attempt) => {
    put('hers', { ownerId: 'bob' })
    const outcomes: unknown[] = []
    for (const id of ['hers', 'nothing']) {
      found = []
      const outcome = await attempt(id).catch((error) => error.message)
      outcomes.push({ outcome, found })
    }
    expect(outcomes[0]).toEqual(outcomes[1])
    expect(found).toEqual([null])
  })
})
