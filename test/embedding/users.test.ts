import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UserOutcome, Users } from '../../src/embedding/users.ts'
import { operator, ScopesNotHeldError } from '../../src/index.ts'
import type { Principal } from '../../src/principal.ts'
import { createTestInstance, declaredScopes, type TestInstance } from '../support/instance.ts'

let instance: TestInstance
let users: Users
let admin: Principal
let sql: postgres.Sql

beforeAll(async () => {
  instance = await createTestInstance()
  users = instance.users
  sql = postgres(instance.url)
  admin = await instance.signIn('admin', ['read:users', 'write:users', 'write:grants', 'read:keys'])
})
afterAll(async () => {
  await sql.end()
  await instance.close()
})

const code = (expected: string, more: object = {}) =>
  expect.objectContaining({ code: expected, ...more })
const badInput = (field: string) => code('BAD_USER_INPUT', { field })

describe.each<[string, () => Principal | typeof operator, string | null, string | null]>([
  ['an administrator', () => admin, 'admin', 'JWT'],
  ['the operator', () => operator, null, null],
])('as %s', (name, as, subject, kind) => {
  it('users are created, changed, suspended and deleted', async () => {
    const made: UserOutcome = await users.create({
      as: as(),
      requestId: 'r-1',
      subject: `bob ${name}`,
      email: 'bob@example.com',
      scopes: ['read:keys'],
    })
    const { id } = made
    expect(made).toEqual({ id, status: 'ACTIVE' })
    expect(await users.get({ as: as(), subject: `bob ${name}` })).toEqual({
      id,
      issuer: instance.issuer.issuer,
      subject: `bob ${name}`,
      email: 'bob@example.com',
      name: null,
      status: 'ACTIVE',
      scopes: ['read:keys'],
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    await users.update({ as: as(), id, name: 'Bob', email: null })
    await users.setScopes({ as: as(), userId: id, scopes: ['read:keys', 'write:users'] })
    expect(await users.suspend({ as: as(), id, reason: 'left' })).toEqual({
      id,
      status: 'SUSPENDED',
    })
    const listed = await users.list({ as: as(), search: 'bob', status: 'SUSPENDED', first: 1 })
    expect(listed.nodes).toMatchObject([{ id, name: 'Bob', email: null, status: 'SUSPENDED' }])
    expect(await listed.totalCount()).toBe(1)
    expect(await users.reactivate({ as: as(), id })).toEqual({ id, status: 'ACTIVE' })
    expect(await users.delete({ as: as(), id })).toBe(id)
    expect(await users.get({ as: as(), id })).toBeNull()
    const events = await sql`
      select distinct actor_subject, actor_credential_kind from latchkey.audit_events
      where target_id = ${id} and type <> 'user.created_by_token'`
    expect(events).toEqual([{ actor_subject: subject, actor_credential_kind: kind }])
  })
})

describe('a principal', () => {
  const calls: [keyof Users, object, 'Query' | 'Mutation', string][] = [
    ['list', {}, 'Query', 'users'],
    ['get', { id: 'x' }, 'Query', 'user'],
    ['create', { subject: 'x' }, 'Mutation', 'createUser'],
    ['update', { id: 'x' }, 'Mutation', 'updateUser'],
    ['suspend', { id: 'x' }, 'Mutation', 'suspendUser'],
    ['reactivate', { id: 'x' }, 'Mutation', 'reactivateUser'],
    ['delete', { id: 'x' }, 'Mutation', 'deleteUser'],
    ['setScopes', { userId: 'x', scopes: [] }, 'Mutation', 'setUserScopes'],
  ]

  it.each(calls)(
    'needs for %s the scope of the GraphQL field',
    async (name, input, type, field) => {
      const call = users[name] as (input: object) => Promise<unknown>
      const nobody = await instance.signIn('nobody', [])
      await expect(call({ ...input, as: nobody })).rejects.toThrow(
        code('FORBIDDEN', {
          scopes: expect.objectContaining({ requiredScopes: declaredScopes(type, field) }),
        }),
      )
      await expect(call({ ...input, as: null })).rejects.toThrow(code('UNAUTHENTICATED'))
      await expect(call({ ...input, as: { ...admin } })).rejects.toThrow(TypeError)
      await expect(call(input)).rejects.toThrow(/^`as` is missing/)
    },
  )

  it('may read its own user without a scope, and grants only what it holds', async () => {
    const { userId } = await instance.signIn('carol', [])
    const carol = await instance.signIn('carol', ['write:users'])
    expect(await users.get({ as: carol, id: userId })).toMatchObject({ subject: 'carol' })
    expect(await users.get({ as: carol, subject: 'carol' })).toMatchObject({ id: userId })
    await expect(users.get({ as: carol, id: admin.userId })).rejects.toThrow(code('FORBIDDEN'))
    await expect(
      users.create({ as: carol, subject: 'dan', scopes: ['read:audit'] }),
    ).rejects.toThrow(ScopesNotHeldError)
    await expect(
      users.setScopes({ as: admin, userId, scopes: ['write:users', 'manage:keys'] }),
    ).rejects.toThrow(ScopesNotHeldError)
  })
})

describe('a wrong input', () => {
  it('is named', async () => {
    const { userId } = admin
    await expect(users.create({ as: admin, subject: ' x' })).rejects.toThrow(badInput('subject'))
    await expect(users.create({ as: operator, subject: 'x', issuer: 'urn:other' })).rejects.toThrow(
      badInput('issuer'),
    )
    await expect(
      users.create({ as: operator, subject: 'x', scopes: ['read:nothing'] }),
    ).rejects.toThrow(badInput('scopes'))
    await expect(users.create({ as: operator, subject: 'admin' })).rejects.toThrow(code('CONFLICT'))
    await expect(users.setScopes({ as: operator, userId })).rejects.toThrow(badInput('scopes'))
    await expect(users.setScopes({ as: operator, userId, scopes: ['a', 'a'] })).rejects.toThrow(
      badInput('scopes'),
    )
    await expect(users.suspend({ as: operator, id: 'x' })).rejects.toThrow(code('NOT_FOUND'))
    await expect(users.list({ as: admin, search: 'x'.repeat(401) })).rejects.toThrow(
      badInput('search'),
    )
    await expect(users.list({ as: admin, status: 'X' } as never)).rejects.toThrow(
      badInput('status'),
    )
    await expect(users.get({ as: operator, id: 'x', subject: 'y' })).rejects.toThrow(TypeError)
    await expect(users.get({ as: operator })).rejects.toThrow(TypeError)
    await expect(users.update({ as: admin, id: userId, role: 'x' } as never)).rejects.toThrow(
      badInput('role'),
    )
  })
})
