import { beforeEach, describe, expect, it } from 'vitest'
import { actorOf } from '../../src/audit/caller.ts'
import { ScopesNotHeldError } from '../../src/errors.ts'
import { createScopeCatalogue, sorted } from '../../src/scopes.ts'
import type { Tombstone, UserStore } from '../../src/users/store.ts'
import type { User } from '../../src/users/user.ts'
import { createUserService, type UserService } from '../../src/users/users.ts'
import { callerWith, user } from '../support/domain.ts'

const now = new Date('2026-06-01T12:00:00Z')
const issuer = 'https://issuer.example'
const other = 'https://other.example'
const catalogue = createScopeCatalogue({ 'read:orders': 'Read orders.' })

let users: Map<string, User>
let tombstone: Tombstone | undefined
let asked: unknown[][]
let needed: (readonly string[])[]

/** Like the real store, this uses the user's state at the time of the change. */
/** The keys of the user bob that are not revoked. */
let keysOfBob: readonly { readonly expiresAt: Date | null }[] = []

const store: UserStore = {
  find: async (id) => users.get(id) ?? null,
  findByIdentity: async () => null,
  findMany: async (ids) => ids.map((id) => users.get(id) ?? null),
  list: async () => ({ rows: [...users.values()], more: false }),
  count: async () => users.size,
  findTombstone: async () => tombstone,
  async insert(made, by) {
    const scopes = typeof made.scopes === 'function' ? made.scopes(tombstone) : made.scopes
    asked.push(['insert', { ...made, scopes }, by])
    return users.has(made.subject) ? 'duplicate' : user(made.subject, { ...made, scopes })
  },
  async update(...args) {
    asked.push(['update', ...args])
    return users.get(args[0]) ?? null
  },
  async setStatus(...args) {
    asked.push(['setStatus', ...args])
    return users.get(args[0]) ?? null
  },
  async setScopes(id, scopes, by, check) {
    const before = users.get(id)
    if (before === undefined) return null
    check?.(before)
    asked.push(['setScopes', id, scopes, by])
    return { ...before, scopes }
  },
  async signOut(...args) {
    asked.push(['signOut', ...args])
    return users.has(args[0]) ? args[1] : null
  },
  async delete(id, by, check) {
    if (users.has(id)) check?.(keysOfBob)
    asked.push(['delete', id, by])
    return users.delete(id)
  },
}

function create(defaultScopes: readonly string[] | null = null, issuers = [issuer, other]) {
  return createUserService({
    store,
    catalogue,
    issuers,
    defaultScopes,
    now: () => now.getTime(),
    onScopesNeeded: (_principal, scopes) => needed.push(scopes),
  })
}

let service: UserService

beforeEach(() => {
  users = new Map([['bob', user('bob', { scopes: ['read:keys', 'read:users'] })]])
  tombstone = undefined
  asked = []
  needed = []
  service = create()
})

const admin = callerWith(['read:keys', 'read:users', 'write:users', 'write:grants'])
const clerk = callerWith(['read:keys', 'read:users', 'write:users'])
const notFound = expect.objectContaining({
  code: 'NOT_FOUND',
  message: expect.stringMatching(/^There is no such user, /),
})
const badInput = (field: string, message: RegExp) =>
  expect.objectContaining({
    code: 'BAD_USER_INPUT',
    field,
    message: expect.stringMatching(message),
  })
const notHeld = (...missingScopes: string[]) =>
  expect.objectContaining({ code: 'FORBIDDEN', missingScopes })

describe('creating a user', () => {
  it('stores the input, with the first issuer if none is named', async () => {
    await service.create(clerk, { subject: 'eve', email: ' eve@example.com ', name: ' Eve ' })
    await service.create(clerk, { subject: 'eve', issuer: other, email: null, name: '' })
    await service.create(clerk, { subject: 'eve', issuer: null })
    const none = { email: null, name: null, scopes: [] }
    expect(asked).toEqual([
      [
        'insert',
        { issuer, subject: 'eve', email: 'eve@example.com', name: 'Eve', scopes: [] },
        actorOf(clerk),
      ],
      ['insert', { issuer: other, subject: 'eve', ...none }, actorOf(clerk)],
      ['insert', { issuer, subject: 'eve', ...none }, actorOf(clerk)],
    ])
  })

  it.each<[object, string, RegExp]>([
    [
      { issuer: 'https://evil.example' },
      'issuer',
      /^`issuer` must be an issuer that this server trusts\. It trusts https:\/\/issuer\.example, https:\/\/other\.example\.$/,
    ],
    [{ subject: 'a\u00a0b' }, 'subject', /visible characters/],
    [{ email: 'nothing' }, 'email', /e-mail/],
    [{ name: 'a\nb' }, 'name', /control/],
    [{ name: 'x'.repeat(201) }, 'name', /at most 200/],
    [{ scopes: ['read:users', 'read:users'] }, 'scopes', /twice/],
    [{ scopes: ['read:user'] }, 'scopes', /not a scope/],
  ])('with %j is refused', async (input, field, message) => {
    await expect(service.create(clerk, { subject: 'eve', ...input })).rejects.toThrow(
      badInput(field, message),
    )
    expect(asked).toEqual([])
  })

  it('fails if no issuer is trusted', async () => {
    await expect(create(null, []).create(clerk, { subject: 'eve' })).rejects.toThrow(
      badInput('issuer', /It trusts no issuer\.$/),
    )
  })

  it('that already exists is a conflict', async () => {
    await expect(service.create(clerk, { subject: 'bob' })).rejects.toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        message: 'A user with subject bob of that issuer exists already.',
      }),
    )
  })

  it('grants at most the scopes of the caller', async () => {
    const scopes = ['read:users', 'read:keys']
    const made = await service.create(clerk, { subject: 'eve', scopes })
    expect(made.scopes).toEqual(['read:keys', 'read:users'])
    expect(needed).toEqual([['read:keys', 'read:users']])
    await expect(
      service.create(clerk, { subject: 'eve', scopes: ['read:users', 'write:grants'] }),
    ).rejects.toThrow(notHeld('write:grants'))
    expect((await service.create(clerk, { subject: 'eve', scopes: [] })).scopes).toEqual([])
  })

  it('grants the default without input, whatever the caller holds', async () => {
    const made = await create(['write:keys']).create(clerk, { subject: 'eve', scopes: null })
    expect(made.scopes).toEqual(['write:keys'])
    expect((await service.create(clerk, { subject: 'eve' })).scopes).toEqual([])
  })

  describe('that was deleted', () => {
    beforeEach(() => {
      tombstone = { scopes: ['read:keys'] }
    })

    it('never grants more than it had, without write:grants', async () => {
      const scopes = ['read:keys', 'read:users']
      await expect(service.create(clerk, { subject: 'eve', scopes })).rejects.toThrow(
        notHeld('read:users'),
      )
      const made = await service.create(clerk, { subject: 'eve', scopes: ['read:keys'] })
      expect(made.scopes).toEqual(['read:keys'])
      const byDefault = await create(['read:keys', 'read:users']).create(clerk, { subject: 'eve' })
      expect(byDefault.scopes).toEqual(['read:keys'])
    })

    it('grants the requested scopes with write:grants, which is then needed', async () => {
      const scopes = ['read:keys', 'read:users']
      expect((await service.create(admin, { subject: 'eve', scopes })).scopes).toEqual(scopes)
      expect(needed).toEqual([scopes, ['write:grants']])
      const byDefault = await create(scopes).create(admin, { subject: 'eve' })
      expect(byDefault.scopes).toEqual(scopes)
    })

    it('without a stored grant grants no administrative scope', async () => {
      tombstone = { scopes: null }
      const holder = callerWith(['read:users', 'write:users', 'read:audit'])
      await expect(
        service.create(holder, { subject: 'eve', scopes: ['read:users', 'read:audit'] }),
      ).rejects.toThrow(notHeld('read:audit'))
      const made = await service.create(holder, { subject: 'eve', scopes: ['read:users'] })
      expect(made.scopes).toEqual(['read:users'])
    })
  })
})

describe('changing a user', () => {
  it('changes the given fields only', async () => {
    const changes: [object, object][] = [
      [{ email: ' b@c ' }, { email: 'b@c' }],
      [{ email: null }, { email: null }],
      [{ name: ' Bob ' }, { name: 'Bob' }],
      [{ name: '' }, { name: null }],
      [
        { name: 'Bob', email: 'b@c' },
        { name: 'Bob', email: 'b@c' },
      ],
    ]
    for (const [input, change] of changes) {
      asked = []
      expect(await service.update(clerk, { id: 'bob', ...input })).toBe(users.get('bob'))
      expect(asked).toEqual([['update', 'bob', change, actorOf(clerk)]])
    }
  })

  it('without input does not call the store', async () => {
    expect(await service.update(clerk, { id: 'bob' })).toBe(users.get('bob'))
    expect(asked).toEqual([])
    await expect(service.update(clerk, { id: 'nobody' })).rejects.toThrow(notFound)
  })

  it('is refused with an invalid name or e-mail address', async () => {
    await expect(service.update(clerk, { id: 'bob', name: '\0' })).rejects.toThrow(
      badInput('name', /control/),
    )
    await expect(service.update(clerk, { id: 'bob', email: 'b' })).rejects.toThrow(
      badInput('email', /e-mail/),
    )
  })

  it('suspends with a reason, and reactivates', async () => {
    expect(await service.suspend(clerk, 'bob', ' left\nus ')).toBe(users.get('bob'))
    await service.suspend(clerk, 'bob', null)
    expect(await service.reactivate(clerk, 'bob')).toBe(users.get('bob'))
    expect(asked).toEqual([
      ['setStatus', 'bob', 'SUSPENDED', 'left\nus', actorOf(clerk)],
      ['setStatus', 'bob', 'SUSPENDED', null, actorOf(clerk)],
      ['setStatus', 'bob', 'ACTIVE', null, actorOf(clerk)],
    ])
    await expect(service.suspend(clerk, 'bob', 'x'.repeat(501))).rejects.toThrow(
      badInput('reason', /at most 500/),
    )
  })

  it('deletes', async () => {
    expect(await service.delete(clerk, { id: 'bob' })).toBe('bob')
    expect(asked).toEqual([['delete', 'bob', actorOf(clerk)]])
  })

  it('deletes a user with active keys only if forced', async () => {
    keysOfBob = [
      { expiresAt: null },
      { expiresAt: new Date(now.getTime() + 1) },
      { expiresAt: now },
    ]
    const reader = callerWith(['write:users', 'read:users', 'read:keys', 'manage:keys'])
    const conflict = (text: string) =>
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining(text) })
    await expect(service.delete(reader, { id: 'bob' })).rejects.toEqual(
      conflict('The user has 2 active API keys. They would stop working. Use `force: true`'),
    )
    // The number is what a query would refuse to this caller.
    await expect(service.delete(clerk, { id: 'bob', force: false })).rejects.toEqual(
      conflict('The user has active API keys. They'),
    )
    keysOfBob = [{ expiresAt: null }]
    await expect(service.asOperator().delete({ id: 'bob' })).rejects.toEqual(
      conflict('The user has 1 active API key. It would stop working.'),
    )
    expect(asked).toEqual([])
    expect(await service.delete(clerk, { id: 'bob', force: true })).toBe('bob')
  })

  it('signs the caller out, with effect from now', async () => {
    const bob = callerWith([], { userId: 'bob' })
    expect(await service.signOut(bob)).toEqual(now)
    expect(asked).toEqual([['signOut', 'bob', now, actorOf(bob)]])
  })

  it.each<[string, (of: UserService) => Promise<unknown>]>([
    ['update', (of) => of.update(clerk, { id: 'nobody', name: 'x' })],
    ['suspend', (of) => of.suspend(clerk, 'nobody', null)],
    ['reactivate', (of) => of.reactivate(clerk, 'nobody')],
    ['delete', (of) => of.delete(clerk, { id: 'nobody' })],
    ['set the scopes of', (of) => of.setScopes(admin, { userId: 'nobody', scopes: [] })],
    ['lift the ceiling of', (of) => of.setScopes(admin, { userId: 'nobody', scopes: null })],
    ['sign out', (of) => of.signOut(callerWith([], { userId: 'nobody' }))],
  ])('finds no user to %s', async (_name, change) => {
    await expect(change(service)).rejects.toThrow(notFound)
  })
})

describe('setting the scopes of a user', () => {
  it('keeps and removes granted scopes, and adds scopes that the caller holds', async () => {
    const set = (scopes: readonly string[]) => service.setScopes(admin, { userId: 'bob', scopes })
    expect((await set(['read:users'])).scopes).toEqual(['read:users'])
    expect((await set([])).scopes).toEqual([])
    expect((await set(['write:users', 'read:keys', 'read:users'])).scopes).toEqual([
      'read:keys',
      'read:users',
      'write:users',
    ])
    expect(needed).toEqual([[], [], ['write:users']])
    expect(asked.map(([, ...args]) => args)).toEqual([
      ['bob', ['read:users'], actorOf(admin)],
      ['bob', [], actorOf(admin)],
      ['bob', ['read:keys', 'read:users', 'write:users'], actorOf(admin)],
    ])
  })

  it('adds nothing that the caller does not hold', async () => {
    await expect(
      service.setScopes(admin, {
        userId: 'bob',
        scopes: ['read:audit', 'read:users', 'write:keys'],
      }),
    ).rejects.toThrow(notHeld('read:audit', 'write:keys'))
    expect(asked).toEqual([])
    expect(needed).toEqual([])
  })

  it('keeps granted scopes that the caller does not hold or that are no longer in the catalogue', async () => {
    users.set('bob', user('bob', { scopes: ['read:audit', 'read:gone'] }))
    const kept = ['read:audit', 'read:gone']
    expect((await service.setScopes(admin, { userId: 'bob', scopes: kept })).scopes).toEqual(kept)
    await expect(
      service.setScopes(admin, { userId: 'bob', scopes: [...kept, 'read:more'] }),
    ).rejects.toThrow(badInput('scopes', /`read:more` is not a scope/))
  })

  it('of a user without a grant adds only the administrative scopes', async () => {
    users.set('bob', user('bob', { scopes: null }))
    const set = (scopes: readonly string[]) => service.setScopes(admin, { userId: 'bob', scopes })
    expect((await set(['write:keys'])).scopes).toEqual(['write:keys'])
    await expect(set(['write:keys', 'read:audit'])).rejects.toThrow(notHeld('read:audit'))
    expect((await set(['write:grants'])).scopes).toEqual(['write:grants'])
  })

  it('is refused if scopes are missing or repeated', async () => {
    await expect(service.setScopes(admin, { userId: 'bob' })).rejects.toThrow(
      badInput('scopes', /^`scopes` was left out\. Send a list, or null to remove the ceiling\.$/),
    )
    await expect(
      service.setScopes(admin, { userId: 'bob', scopes: ['read:users', 'read:users'] }),
    ).rejects.toThrow(badInput('scopes', /twice/))
    expect(asked).toEqual([])
  })

  it('removes the grant for a caller who holds the whole catalogue', async () => {
    const all = callerWith([...catalogue.keys()])
    expect((await service.setScopes(all, { userId: 'bob', scopes: null })).scopes).toBeNull()
    expect(asked).toEqual([['setScopes', 'bob', null, actorOf(all)]])
    expect(needed).toEqual([[...catalogue.keys()]])
    const almost = callerWith([...catalogue.keys()].filter((scope) => scope !== 'read:orders'))
    await expect(service.setScopes(almost, { userId: 'bob', scopes: null })).rejects.toThrow(
      notHeld('read:orders'),
    )
    await expect(
      service.setScopes(callerWith(['write:users']), { userId: 'bob', scopes: null }),
    ).rejects.toThrow(
      notHeld(...sorted(catalogue.keys()).filter((scope) => scope !== 'write:users')),
    )
  })
})

it('missing scopes are named in order, in singular and plural', () => {
  expect(new ScopesNotHeldError(['b', 'a'])).toMatchObject({
    missingScopes: ['a', 'b'],
    message: 'You do not hold scopes `a`, `b` and so cannot hand them out.',
  })
  expect(new ScopesNotHeldError(['a']).message).toBe(
    'You do not hold scope `a` and so cannot hand it out.',
  )
})

it('the needed scopes are not reported without a listener', async () => {
  const silent = createUserService({
    store,
    catalogue,
    issuers: [issuer],
    defaultScopes: null,
    now: () => now.getTime(),
  })
  expect(await silent.setScopes(admin, { userId: 'bob', scopes: ['write:users'] })).toBeDefined()
})
