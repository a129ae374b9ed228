import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { generateKey, parseKey } from '../../src/credentials/key-form.ts'
import { createTestApp, errorOf, mutation, retryUnavailable, type TestApp } from '../support/app.ts'

const hour = 3_600_000
const whoAmI = '{ viewer { subject scopes credential { id } } }'
let app: TestApp
/** A credential of alice with every scope that is not administrative. */
let alice: string
let admin: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  await app.user('admin', ['manage:keys', 'read:keys', 'read:users', 'write:keys'])
  alice = await app.jwt('alice', ['read:users', 'write:users', 'read:keys', 'write:keys'])
  admin = await app.jwt('admin', ['manage:keys', 'read:keys', 'read:users', 'write:keys'])
})
afterAll(() => app.close())

const keyFields =
  'id name description scopes effectiveScopes metadata status start parent { id } owner { subject } createdAt expiresAt lastUsedAt rotatedAt revokedAt revokedReason'

const mutate = (name: string, payload: string) => mutation(name, payload, () => app)
const create = mutate('createApiKey', `apiKey { ${keyFields} } secret`)
const update = mutate('updateApiKey', `apiKey { ${keyFields} }`)
const rotate = mutate('rotateApiKey', `apiKey { ${keyFields} } secret`)
const revoke = mutate('revokeApiKey', `apiKey { ${keyFields} } revokedDescendants { id }`)

describe('createApiKey', () => {
  it('creates a key that works at once and whose secret is shown once', async () => {
    const { status, body } = await create(
      { name: ' CI ', scopes: ['read:users'], description: 'for\nCI', metadata: { team: 'a' } },
      { as: alice },
    )
    expect(status).toBe(200)
    const { apiKey, secret } = body.data.createApiKey
    expect(parseKey(secret, 'lk')?.id).toBe(apiKey.id)
    expect(apiKey).toMatchObject({
      name: 'CI',
      description: 'for\nCI',
      scopes: ['read:users'],
      effectiveScopes: ['read:users'],
      metadata: { team: 'a' },
      status: 'ACTIVE',
      start: `lk_${apiKey.id}`,
      parent: null,
      owner: { subject: 'alice' },
      expiresAt: null,
      lastUsedAt: null,
    })
    const { body: used } = await app.ask(whoAmI, { as: secret })
    expect(used.data.viewer).toEqual({
      subject: 'alice',
      scopes: ['read:users'],
      credential: { id: apiKey.id },
    })
    const stored = await app.sql`select * from latchkey.api_keys where id = ${apiKey.id}`
    expect(JSON.stringify(stored)).not.toContain(parseKey(secret, 'lk')?.secret)
  })

  it.each<[string, object, string]>([
    ['an empty name', { name: '' }, 'name'],
    ['a name of spaces', { name: '  ' }, 'name'],
    ['a name over 100 characters', { name: 'x'.repeat(101) }, 'name'],
    ['a name with a line break', { name: 'a\r\nb' }, 'name'],
    ['a name with NUL', { name: 'a\u0000b' }, 'name'],
    ['a name with a bidirectional control', { name: 'a\u202Eb' }, 'name'],
    ['a description over 500 characters', { description: 'x'.repeat(501) }, 'description'],
    ['no scopes', { scopes: [] }, 'scopes'],
    ['a scope twice', { scopes: ['read:users', 'read:users'] }, 'scopes'],
    ['an unknown scope', { scopes: ['read:user'] }, 'scopes'],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['an expiry at the end of time', { expiresAt: '9999-12-31T23:59:59.999Z' }, 'expiresAt'],
    ['metadata over 4 KB', { metadata: { x: 'x'.repeat(4096) } }, 'metadata'],
    [
      'metadata nested nine deep',
      { metadata: { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } } },
      'metadata',
    ],
    ['metadata with NUL', { metadata: { 'a\u0000': 1 } }, 'metadata'],
    ['metadata with half a character', { metadata: { a: '\uD800' } }, 'metadata'],
  ])('refuses %s', async (_name, input, field) => {
    const answer = await create({ name: 'x', scopes: ['read:users'], ...input }, { as: alice })
    expect(errorOf(answer)).toEqual({ status: 200, code: 'BAD_USER_INPUT', field })
  })

  it('accepts names of 100 characters of any script and metadata eight levels deep', async () => {
    const metadata = { a: { a: { a: { a: { a: { a: { a: { '\\u0000': '\\ud800' } } } } } } } }
    const input = { name: '🔑'.repeat(100), scopes: ['read:users'], metadata }
    const { body } = await create(input, { as: alice })
    expect(body.data.createApiKey.apiKey.metadata).toEqual(metadata)
  })

  it('accepts metadata as a literal in the document', async () => {
    const query = /* GraphQL */ `
      mutation {
        createApiKey(input: { name: "x", scopes: ["read:users"], metadata: { a: { b: [1] } } }) {
          apiKey { metadata }
        }
      }
    `
    const { body } = await app.ask(query, { as: alice })
    expect(body.data.createApiKey.apiKey.metadata).toEqual({ a: { b: [1] } })
  })

  it('grants no scope that its caller does not hold', async () => {
    const answer = await create(
      { name: 'x', scopes: ['read:users', 'write:users', 'manage:keys'] },
      { as: await app.jwt('alice', ['read:users', 'write:keys']) },
    )
    expect(errorOf(answer)).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['manage:keys', 'write:users'],
    })
  })

  it('requires write:keys, and is denied before anything runs', async () => {
    const as = await app.jwt('alice', ['read:users'])
    expect(errorOf(await create({ name: 'x', scopes: ['read:users'] }, { as }))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      missingScopes: ['write:keys'],
      notGranted: [],
    })
    expect(errorOf(await create({ name: 'x', scopes: ['read:users'] }, {}))).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    })
  })
})

describe('a key created with a key', () => {
  it('is its child: never wider, never longer-lived', async () => {
    const expiresAt = new Date(Date.now() + hour).toISOString()
    const parent = (
      await create(
        { name: 'parent', scopes: ['read:users', 'write:keys'], expiresAt },
        { as: alice },
      )
    ).body.data.createApiKey
    const child = (await create({ name: 'child', scopes: ['read:users'] }, { as: parent.secret }))
      .body.data.createApiKey.apiKey
    expect(child).toMatchObject({ parent: { id: parent.apiKey.id }, expiresAt })

    const wider = await create({ name: 'x', scopes: ['read:keys'] }, { as: parent.secret })
    expect(errorOf(wider)).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['read:keys'] })
    const longer = await create(
      { name: 'x', scopes: ['read:users'], expiresAt: new Date(Date.now() + 2 * hour) },
      { as: parent.secret },
    )
    expect(errorOf(longer)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'expiresAt' })
  })

  it('is narrowed and revoked with it', async () => {
    const all = ['read:users', 'read:keys', 'write:keys']
    const parent = (await create({ name: 'parent', scopes: all }, { as: alice })).body.data
      .createApiKey
    const child = (await create({ name: 'child', scopes: all }, { as: parent.secret })).body.data
      .createApiKey
    const grandchild = (
      await create(
        { name: 'grandchild', scopes: ['read:users', 'read:keys'] },
        { as: child.secret },
      )
    ).body.data.createApiKey

    await update({ id: parent.apiKey.id, scopes: ['read:users', 'write:keys'] }, { as: alice })
    const narrowed = await app.ask(whoAmI, { as: grandchild.secret })
    expect(narrowed.body.data.viewer.scopes).toEqual(['read:users'])

    const { body } = await revoke({ id: parent.apiKey.id, reason: 'leaked' }, { as: alice })
    expect(body.data.revokeApiKey.apiKey).toMatchObject({
      status: 'REVOKED',
      revokedReason: 'leaked',
    })
    const gone = body.data.revokeApiKey.revokedDescendants.map(({ id }: { id: string }) => id)
    expect(gone.sort()).toEqual([child.apiKey.id, grandchild.apiKey.id].sort())
    for (const { secret } of [parent, child, grandchild]) {
      expect((await app.ask(whoAmI, { as: secret })).status).toBe(401)
    }
  })
})

describe('updateApiKey', () => {
  it('changes the given fields only', async () => {
    const { id } = await app.key('alice', ['read:users', 'read:keys'], { description: 'old' })
    const { body } = await update({ id, name: 'new', scopes: ['read:keys'] }, { as: alice })
    expect(body.data.updateApiKey.apiKey).toMatchObject({
      name: 'new',
      description: 'old',
      scopes: ['read:keys'],
    })
    const cleared = await update({ id, description: null }, { as: alice })
    expect(cleared.body.data.updateApiKey.apiKey).toMatchObject({ name: 'new', description: null })
  })

  it.each([
    ['a wider set', ['read:users', 'read:keys']],
    ['an unknown scope', ['nothing']],
    ['none', []],
  ])('narrows scopes only: not to %s', async (_name, scopes) => {
    const { id } = await app.key('alice', ['read:users'])
    expect(errorOf(await update({ id, scopes }, { as: alice }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'scopes',
    })
  })

  it('does not change a revoked key', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await revoke({ id }, { as: alice })
    expect(errorOf(await update({ id, name: 'x' }, { as: alice })).code).toBe('CONFLICT')
    expect(errorOf(await rotate({ id }, { as: alice })).code).toBe('CONFLICT')
  })
})

describe('rotateApiKey', () => {
  it('returns a new secret that works at once, and the old one works until the grace period ends', async () => {
    const { id, secret: old } = await app.key('alice', ['read:users'])
    const { body } = await rotate({ id, gracePeriodSeconds: 60 }, { as: alice })
    const { apiKey, secret } = body.data.rotateApiKey
    expect(apiKey.rotatedAt).not.toBeNull()
    expect(parseKey(secret, 'lk')?.id).toBe(id)
    for (const as of [old, secret]) expect((await app.ask(whoAmI, { as })).status).toBe(200)
    app.advance(60_000)
    expect((await app.ask(whoAmI, { as: secret })).status).toBe(200)
    const late = await app.ask(whoAmI, { as: old })
    app.advance(-60_000)
    expect(late.status).toBe(401)
  })

  it('without a grace period ends the old secret at once', async () => {
    const { id, secret: old } = await app.key('alice', ['read:users'])
    await rotate({ id, gracePeriodSeconds: 0 }, { as: alice })
    expect((await app.ask(whoAmI, { as: old })).status).toBe(401)
  })

  it('answers CONFLICT inside the grace period, unless forced', async () => {
    const { id, secret: first } = await app.key('alice', ['read:users'])
    const second = (await rotate({ id }, { as: alice })).body.data.rotateApiKey.secret
    const refused = await rotate({ id }, { as: alice })
    expect(errorOf(refused).code).toBe('CONFLICT')
    expect(refused.body.errors[0].message).toMatch(/works until \d{4}-/)
    const third = (await rotate({ id, force: true }, { as: alice })).body.data.rotateApiKey.secret
    expect((await app.ask(whoAmI, { as: first })).status).toBe(401)
    for (const as of [second, third]) expect((await app.ask(whoAmI, { as })).status).toBe(200)
  })

  it('succeeds once for a hundred concurrent requests, and the original still works', async () => {
    const { id, secret: original } = await app.key('alice', ['read:users'])
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => retryUnavailable(() => rotate({ id }, { as: alice }))),
    )
    const won = answers.filter(({ body }) => body.errors === undefined)
    expect(won).toHaveLength(1)
    const codes = new Set(answers.filter((a) => a.body.errors).map((a) => errorOf(a).code))
    expect(codes).toEqual(new Set(['CONFLICT']))
    for (const as of [original, won[0]?.body.data.rotateApiKey.secret]) {
      expect((await app.ask(whoAmI, { as })).status).toBe(200)
    }
  })

  it.each([-1, 30 * 24 * 3600 + 1])('refuses a grace period of %d seconds', async (seconds) => {
    const { id } = await app.key('alice', ['read:users'])
    const answer = await rotate({ id, gracePeriodSeconds: seconds }, { as: alice })
    expect(errorOf(answer)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'gracePeriodSeconds' })
  })

  it('never returns a secret to a caller with fewer scopes than the key', async () => {
    const { id, secret } = await app.key('alice', ['read:users', 'write:users'])
    const answer = await rotate(
      { id },
      { as: await app.jwt('alice', ['read:keys', 'read:users', 'write:keys']) },
    )
    expect(errorOf(answer)).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['write:users'],
    })
    expect((await app.ask(whoAmI, { as: secret })).status).toBe(200)
  })

  it('with a key reaches only that key and its descendants', async () => {
    const scopes = ['read:keys', 'read:users', 'write:keys']
    const parent = await app.key('alice', scopes)
    const child = (await create({ name: 'c', scopes }, { as: parent.secret })).body.data
      .createApiKey
    const sibling = await app.key('alice', scopes)
    for (const id of [parent.id, sibling.id]) {
      expect(errorOf(await rotate({ id }, { as: child.secret })).code).toBe('NOT_FOUND')
      expect(errorOf(await update({ id, name: 'x' }, { as: child.secret })).code).toBe('NOT_FOUND')
    }
    for (const id of [child.apiKey.id, parent.id]) {
      expect((await rotate({ id }, { as: parent.secret })).body.errors).toBeUndefined()
    }
    expect((await revoke({ id: sibling.id }, { as: child.secret })).body.errors).toBeUndefined()
  })
})

describe("another user's key", () => {
  it('is not found by any mutation', async () => {
    const { id, secret } = await app.key('bob', ['read:users'])
    for (const change of [update, rotate, revoke]) {
      const others = await change({ id }, { as: alice })
      const unknown = await change({ id: generateKey('lk').id }, { as: alice })
      expect(errorOf(others)).toEqual({ status: 200, code: 'NOT_FOUND' })
      expect(others.text).toBe(unknown.text)
    }
    expect((await app.ask(whoAmI, { as: secret })).status).toBe(200)
  })

  it('is not found by any query', async () => {
    const { id } = await app.key('bob', ['read:users'])
    const bob = await app.stores.users.findByIdentity(app.issuer.issuer, 'bob')
    const query =
      'query ($id: ID!, $owner: ID) { apiKey(id: $id) { id } apiKeys(ownerId: $owner) { totalCount nodes { id } } }'
    const { body } = await app.ask(query, { as: alice, variables: { id, owner: bob?.id } })
    expect(body).toEqual({ data: { apiKey: null, apiKeys: { totalCount: 0, nodes: [] } } })
  })

  it('can only be read, narrowed and revoked by a caller with manage:keys', async () => {
    const { id } = await app.key('bob', ['read:users', 'read:keys'])
    const { body } = await app.ask(`query ($id: ID!) { apiKey(id: $id) { ${keyFields} } }`, {
      as: admin,
      variables: { id },
    })
    expect(body.data.apiKey.owner.subject).toBe('bob')
    const noUsers = await app.jwt('admin', ['manage:keys', 'read:keys'])
    const hidden = await app.ask('query ($id: ID!) { apiKey(id: $id) { id } }', {
      as: noUsers,
      variables: { id },
    })
    expect(hidden.body.data.apiKey).toBeNull()

    expect(errorOf(await rotate({ id }, { as: admin })).code).toBe('NOT_FOUND')
    expect(errorOf(await update({ id, name: 'mine' }, { as: admin })).code).toBe('BAD_USER_INPUT')
    const narrowed = await update({ id, scopes: ['read:users'] }, { as: admin })
    expect(narrowed.body.data.updateApiKey.apiKey.scopes).toEqual(['read:users'])
    const revoked = await revoke({ id }, { as: admin })
    expect(revoked.body.data.revokeApiKey.apiKey.status).toBe('REVOKED')
  })
})

describe('revokeApiKey', () => {
  it('returns the time from which every node refuses the key: now plus the staleness bound', async () => {
    const { id } = await app.key('alice', ['read:users'])
    const before = Date.now()
    const { body } = await app.ask(
      'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { effectiveBy } }',
      { as: alice, variables: { id } },
    )
    const effectiveBy = Date.parse(body.data.revokeApiKey.effectiveBy)
    expect(effectiveBy).toBeGreaterThanOrEqual(before + 2000)
    expect(effectiveBy).toBeLessThanOrEqual(Date.now() + 2000)
  })

  it('twice keeps the first time and reason', async () => {
    const { id } = await app.key('alice', ['read:users'])
    const first = await revoke({ id, reason: 'one' }, { as: alice })
    app.advance(5_000)
    const second = await revoke({ id, reason: 'two' }, { as: alice })
    app.advance(-5_000)
    expect(second.text).toBe(first.text)
  })

  it('by hand in psql has the same effect', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    await vi.waitFor(async () => expect((await app.ask(whoAmI, { as: secret })).status).toBe(401))
  })
})

describe('limits', () => {
  it('of keys per user hold under concurrency', async () => {
    const limited = await createTestApp({ KEY_MAX_PER_USER: '5' })
    try {
      const as = await limited.jwt('carol', ['read:users', 'write:keys'])
      const create = () =>
        limited.ask(
          'mutation { createApiKey(input: { name: "x", scopes: ["read:users"] }) { secret } }',
          { as },
        )
      const answers = await Promise.all(Array.from({ length: 30 }, () => retryUnavailable(create)))
      expect(answers.filter(({ body }) => body.data?.createApiKey)).toHaveLength(5)
      expect(answers.filter(({ body }) => body.errors)[0]?.body.errors[0].extensions.code).toBe(
        'CONFLICT',
      )
    } finally {
      await limited.close()
    }
  })

  it('of lifetime are the default lifetime of a key', async () => {
    const limited = await createTestApp({ KEY_MAX_LIFETIME_DAYS: '30' })
    try {
      const as = await limited.jwt('carol', ['read:users', 'write:keys'])
      const make = (expiresAt?: string) =>
        limited.ask(
          'mutation ($at: DateTime) { createApiKey(input: { name: "x", scopes: ["read:users"], expiresAt: $at }) { apiKey { createdAt expiresAt } } }',
          { as, variables: { at: expiresAt } },
        )
      const { createdAt, expiresAt } = (await make()).body.data.createApiKey.apiKey
      expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(30 * 24 * hour)
      const tooLong = await make(new Date(Date.now() + 31 * 24 * hour).toISOString())
      expect(tooLong.body.errors[0].extensions).toEqual({
        code: 'BAD_USER_INPUT',
        field: 'expiresAt',
      })
    } finally {
      await limited.close()
    }
  })
})

describe('lastUsedAt', () => {
  it('is written no later than when the server stops, for either secret', async () => {
    const own = await createTestApp()
    const { id, secret: old } = await own.key('carol', ['read:users', 'write:keys'])
    const { body } = await own.ask(
      'mutation ($id: ID!) { rotateApiKey(input: { id: $id }) { secret } }',
      { as: old, variables: { id } },
    )
    const [row] = await own.sql`select last_used_at from latchkey.api_keys where id = ${id}`
    expect(row?.last_used_at).toBeNull()
    own.advance(1_000)
    await own.ask(whoAmI, { as: old })
    await own.ask(whoAmI, { as: body.data.rotateApiKey.secret })
    await own.flush()
    const key = await own.stores.keys.find(id)
    expect(key?.lastUsedAt).toEqual(expect.any(Date))
    expect(key?.previousLastUsedAt).toEqual(expect.any(Date))
    await own.close()
  })
})
