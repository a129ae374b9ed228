import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Keys } from '../../src/embedding/key-calls.ts'
import { InsufficientScopeError, operator, ScopesNotHeldError } from '../../src/index.ts'
import type { Principal } from '../../src/principal.ts'
import { createTestInstance, declaredScopes, type TestInstance } from '../support/instance.ts'

let instance: TestInstance
let other: TestInstance
let keys: Keys
let ada: Principal
let sql: postgres.Sql

beforeAll(async () => {
  ;[instance, other] = await Promise.all([createTestInstance(), createTestInstance()])
  keys = instance.keys
  sql = postgres(instance.url)
  ada = await instance.signIn('ada', ['read:keys', 'write:keys', 'read:orders', 'read:users'])
})
afterAll(async () => {
  await sql.end()
  await instance.close()
  await other.close()
})

const code = (expected: string, more: object = {}) =>
  expect.objectContaining({ code: expected, ...more })
const badInput = (field: string) => code('BAD_USER_INPUT', { field })

describe('a key made by the service', () => {
  it('is used, changed, rotated and revoked with the rules of the GraphQL API', async () => {
    const { key, secret } = await keys.create({
      as: ada,
      requestId: 'r-1',
      name: 'CI',
      scopes: ['read:orders', 'read:keys', 'write:keys'],
      metadata: { team: 'billing' },
    })
    expect(key).toMatchObject({
      start: `lk_${key.id}`,
      status: 'ACTIVE',
      ownerId: ada.userId,
      parentId: null,
      name: 'CI',
      metadata: { team: 'billing' },
      effectiveScopes: ['read:keys', 'read:orders', 'write:keys'],
      expiresAt: null,
    })
    const machine = await instance.admit(secret)
    expect(await keys.get({ as: machine, id: key.id })).toMatchObject({ ...key })

    const child = await keys.create({ as: machine, name: 'child', scopes: ['read:orders'] })
    expect(child.key.parentId).toBe(key.id)
    expect(
      await keys.update({
        as: ada,
        id: key.id,
        name: 'Deploys',
        scopes: ['read:orders', 'write:keys'],
      }),
    ).toEqual({
      id: key.id,
      start: key.start,
      scopes: ['read:orders', 'write:keys'],
      status: 'ACTIVE',
      revokedAt: null,
      revokedReason: null,
    })
    const rotated = await keys.rotate({ as: ada, id: key.id, gracePeriodSeconds: 60 })
    expect(rotated.key.previousSecret?.lastUsedAt).toBeNull()
    await expect(instance.admit(rotated.secret)).resolves.toMatchObject({ userId: ada.userId })
    await keys.expirePrevious({ as: ada, id: key.id })
    await expect(keys.rotate({ as: ada, id: key.id })).resolves.toMatchObject({})
    const revoked = await keys.revoke({ as: ada, id: key.id, reason: 'over' })
    expect(revoked.key).toMatchObject({ status: 'REVOKED', revokedReason: 'over' })
    expect(revoked.descendants.map(({ id }) => id)).toEqual([child.key.id])
    const [created] = await sql`
      select actor_subject, actor_credential_kind, request_id from latchkey.audit_events
      where target_id = ${key.id} and type = 'api_key.created'`
    expect(created).toEqual({
      actor_subject: 'ada',
      actor_credential_kind: 'JWT',
      request_id: 'r-1',
    })
  })

  it('can be made by the operator for a user, which the audit trail shows', async () => {
    const { key } = await keys.create({
      as: operator,
      requestId: 'r-2',
      ownerId: ada.userId,
      name: 'made for her',
      scopes: ['manage:keys'],
    })
    expect(key).toMatchObject({ ownerId: ada.userId, effectiveScopes: [] })
    await keys.update({ as: operator, id: key.id, name: 'x' })
    await keys.rotate({ as: operator, id: key.id, gracePeriodSeconds: 60 })
    await keys.expirePrevious({ as: operator, id: key.id })
    expect(await keys.get({ as: operator, id: key.id })).toMatchObject({ name: 'x' })
    await keys.revoke({ as: operator, requestId: 'r-2', id: key.id })
    const events = await sql`
      select type, actor_subject, actor_credential_kind, request_id from latchkey.audit_events
      where target_id = ${key.id} order by id`
    const none = { actor_subject: null, actor_credential_kind: null }
    expect(events).toEqual([
      { type: 'api_key.created', ...none, request_id: 'r-2' },
      { type: 'api_key.updated', ...none, request_id: null },
      { type: 'api_key.rotated', ...none, request_id: null },
      { type: 'api_key.previous_secret_expired', ...none, request_id: null },
      { type: 'api_key.revoked', ...none, request_id: 'r-2' },
    ])
  })
})

describe('`as`', () => {
  const calls: [Exclude<keyof Keys, 'import'>, object][] = [
    ['create', { name: 'x', scopes: ['read:orders'] }],
    ['list', {}],
    ['get', { id: 'x' }],
    ['update', { id: 'x', name: 'y' }],
    ['rotate', { id: 'x' }],
    ['expirePrevious', { id: 'x' }],
    ['revoke', { id: 'x' }],
    ['revokeAll', {}],
  ]
  const call = (name: Exclude<keyof Keys, 'import'>, input: object) =>
    (keys[name] as (input: object) => Promise<unknown>)(input)

  it.each(calls)('of another kind is refused by %s', async (name, input) => {
    const foreign = await other.signIn('ada', ['read:keys', 'write:keys'])
    const copy = { ...ada, scopes: new Set([...ada.scopes, 'manage:keys']) }
    const inherited = Object.create(ada)
    for (const as of [foreign, copy, inherited, 'operator', Symbol('operator'), {}, 0, true]) {
      await expect(call(name, { ...input, as })).rejects.toThrow(
        new TypeError(
          '`as` must be a principal that the authenticator of this instance made, or `operator` of `latchkey`. A copy of a principal is not accepted, and a principal of another instance is not.',
        ),
      )
    }
    await expect(call(name, input)).rejects.toThrow(/^`as` is missing\./)
    await expect(call(name, { ...input, as: undefined })).rejects.toThrow(TypeError)
    await expect(call(name, { ...input, as: null })).rejects.toThrow(code('UNAUTHENTICATED'))
  })

  it.each(calls)('needs for %s the scope that its GraphQL field declares', async (name, input) => {
    const [type, field] = fieldOf[name]
    const declared = declaredScopes(type, field)
    const nobody = await instance.signIn('nobody', [])
    await expect(call(name, { ...input, as: nobody })).rejects.toThrow(InsufficientScopeError)
    await expect(call(name, { ...input, as: nobody })).rejects.toThrow(
      code('FORBIDDEN', { scopes: expect.objectContaining({ requiredScopes: declared }) }),
    )
  })

  const fieldOf = {
    create: ['Mutation', 'createApiKey'],
    list: ['Query', 'apiKeys'],
    get: ['Query', 'apiKey'],
    update: ['Mutation', 'updateApiKey'],
    rotate: ['Mutation', 'rotateApiKey'],
    expirePrevious: ['Mutation', 'expirePreviousSecret'],
    revoke: ['Mutation', 'revokeApiKey'],
    revokeAll: ['Mutation', 'revokeAllApiKeys'],
  } as const
})

describe("another user's key", () => {
  it('is not visible and cannot be changed', async () => {
    const { key } = await keys.create({ as: ada, name: 'hers', scopes: ['read:orders'] })
    const { id } = key
    const eve = await instance.signIn('eve', ['read:keys', 'write:keys', 'read:orders'])
    expect(await keys.get({ as: eve, id })).toBeNull()
    expect((await keys.list({ as: eve, ownerId: ada.userId })).nodes).toEqual([])
    for (const change of [
      () => keys.update({ as: eve, id, name: 'mine' }),
      () => keys.rotate({ as: eve, id }),
      () => keys.expirePrevious({ as: eve, id }),
      () => keys.revoke({ as: eve, id }),
      () => keys.revokeAll({ as: eve, ownerId: ada.userId }),
    ]) {
      await expect(change()).rejects.toThrow(code('NOT_FOUND'))
    }
    await expect(
      keys.create({ as: eve, ownerId: ada.userId, name: 'x', scopes: ['read:orders'] }),
    ).rejects.toThrow(badInput('ownerId'))
    await expect(keys.create({ as: eve, name: 'x', scopes: ['read:users'] })).rejects.toThrow(
      ScopesNotHeldError,
    )
  })

  it('is narrowed and revoked with `manage:keys`, without being shown', async () => {
    const mallory = await instance.signIn('mallory', ['read:orders', 'write:keys', 'read:users'])
    const { key } = await keys.create({
      as: mallory,
      name: 'a',
      scopes: ['read:orders', 'read:users'],
    })
    const manager = await instance.signIn('manager', ['write:keys', 'manage:keys'])
    await keys.update({ as: manager, id: key.id, scopes: ['read:orders'] })
    expect(await keys.revokeAll({ as: manager, ownerId: mallory.userId })).toBeNull()
    expect(await keys.revokeAll({ as: operator, ownerId: mallory.userId })).toBe(0)
    expect(await keys.get({ as: operator, id: key.id })).toMatchObject({
      status: 'REVOKED',
      scopes: ['read:orders'],
    })
  })
})

describe('a list', () => {
  it('has pages, newest first, and a count', async () => {
    const lina = await instance.signIn('lina', ['read:keys', 'write:keys', 'read:orders'])
    for (const name of ['1', '2', '3']) {
      await keys.create({ as: lina, name, scopes: ['read:orders'] })
    }
    const first = await keys.list({ as: lina, first: 2 })
    expect(first.nodes.map(({ name }) => name)).toEqual(['3', '2'])
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    expect(await first.totalCount()).toBe(3)
    const rest = await keys.list({ as: lina, first: 2, after: first.pageInfo.endCursor })
    expect(rest.nodes.map(({ name }) => name)).toEqual(['1'])
    expect(rest.pageInfo.hasNextPage).toBe(false)
    const hers = await keys.list({ as: operator, ownerId: lina.userId, status: 'REVOKED' })
    expect([hers.nodes, await hers.totalCount()]).toEqual([[], 0])
  })
})

describe('a wrong input', () => {
  const create = (input: object) =>
    keys.create({ as: ada, name: 'x', scopes: ['read:orders'], ...input } as never)

  it.each<[string, object]>([
    ['name', { name: undefined }],
    ['name', { name: 5 }],
    ['scopes', { scopes: 'read:orders' }],
    ['scopes', { scopes: [1] }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['read:nothing'] }],
    ['expiresAt', { expiresAt: '2030-01-01' }],
    ['expiresAt', { expiresAt: new Date(Number.NaN) }],
    ['metadata', { metadata: [] }],
    ['metadata', { metadata: { at: new Date() } }],
    ['metadata', { metadata: { n: Number.NaN } }],
    ['scope', { scope: ['read:orders'] }],
    ['requestId', { requestId: 7 }],
    ['requestId', { requestId: 'x'.repeat(129) }],
    ['requestId', { requestId: 'a\nb' }],
  ])('names `%s`: %o', async (field, input) => {
    await expect(create(input)).rejects.toThrow(badInput(field))
  })

  it('is refused in the other calls too', async () => {
    const circle: { self?: object } = {}
    circle.self = circle
    await expect(create({ metadata: circle })).rejects.toThrow(badInput('metadata'))
    await expect(keys.list({ as: ada, status: 'OLD' } as never)).rejects.toThrow(badInput('status'))
    await expect(keys.list({ as: ada, first: 101 })).rejects.toThrow(badInput('first'))
    await expect(keys.list({ as: ada, after: 'x' })).rejects.toThrow(badInput('after'))
    await expect(keys.list({ as: operator })).rejects.toThrow(badInput('ownerId'))
    await expect(keys.revokeAll({ as: operator })).rejects.toThrow(badInput('ownerId'))
    await expect(keys.create({ as: operator, name: 'x', scopes: ['read:orders'] })).rejects.toThrow(
      badInput('ownerId'),
    )
    for (const ownerId of ['nobody', '00000000-0000-4000-8000-000000000000']) {
      await expect(
        keys.create({ as: operator, ownerId, name: 'x', scopes: ['read:orders'] }),
      ).rejects.toThrow(code('NOT_FOUND'))
    }
    await expect(keys.rotate({ as: ada, id: 'x', gracePeriodSeconds: 1.5 })).rejects.toThrow(
      badInput('gracePeriodSeconds'),
    )
    await expect(keys.get({ as: ada } as never)).rejects.toThrow(badInput('id'))
  })
})
