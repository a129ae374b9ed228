import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, errorOf, mutation, type TestApp } from '../support/app.ts'

const usual = ['read:keys', 'read:users', 'write:keys']
let app: TestApp
let admin: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('admin', [...usual, 'manage:keys'])
  admin = await app.jwt('admin', [...usual, 'manage:keys'])
})
afterAll(() => app.close())

const mutate = (name: string, payload: string) => mutation(name, payload, () => app)
const create = mutate('createApiKey', 'apiKey { id owner { subject } } secret')
const update = mutate('updateApiKey', 'apiKey { scopes }')
const rotate = mutate('rotateApiKey', 'secret')
const revoke = mutate('revokeApiKey', 'apiKey { status }')

const works = async (secret: string) =>
  (await app.ask('{ viewer { subject } }', { as: secret })).status === 200

describe('a secret is returned only to a caller who holds all its scopes', () => {
  it('so a narrow credential with write:keys cannot rotate a wider key', async () => {
    const wide = await app.key('alice', usual)
    const narrow = await app.jwt('alice', ['write:keys'])
    expect(errorOf(await rotate({ id: wide.id, force: true }, { as: narrow }))).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['read:keys', 'read:users'],
    })
    expect(await works(wide.secret)).toBe(true)
  })

  it('so a child cannot rotate its parent, even one of equal scopes', async () => {
    const parent = await app.key('alice', usual)
    const child = (await create({ name: 'c', scopes: usual }, { as: parent.secret })).body.data
      .createApiKey
    expect(errorOf(await rotate({ id: parent.id }, { as: child.secret }))).toEqual({
      status: 200,
      code: 'NOT_FOUND',
    })
    expect(await works(parent.secret)).toBe(true)
  })

  it("so a key narrowed by its parent or its owner's grant cannot rotate itself back", async () => {
    const owner = await app.user('nora', usual)
    const key = await app.key('nora', usual)
    await app.byHand`update latchkey.users set scopes = '{write:keys}' where id = ${owner.id}`
    expect(errorOf(await rotate({ id: key.id }, { as: key.secret }))).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:keys', 'read:users'],
    })
  })

  it('so an administrator cannot impersonate users by rotating their keys', async () => {
    const { id, secret } = await app.key('bob', usual)
    for (const force of [false, true]) {
      expect(errorOf(await rotate({ id, force }, { as: admin }))).toEqual({
        status: 200,
        code: 'NOT_FOUND',
      })
    }
    expect(await works(secret)).toBe(true)
  })
})

describe('manage:keys', () => {
  it('narrows and revokes keys of others, also with a key', async () => {
    const { id } = await app.key('bob', usual)
    const key = await app.key('admin', ['manage:keys', 'write:keys'])
    const narrowed = await update({ id, scopes: ['read:users'] }, { as: key.secret })
    expect(narrowed.body.data.updateApiKey.apiKey.scopes).toEqual(['read:users'])
    expect(errorOf(await update({ id, scopes: usual }, { as: key.secret }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'scopes',
    })
    const revoked = await revoke({ id }, { as: key.secret })
    expect(revoked.body.data.revokeApiKey.apiKey.status).toBe('REVOKED')
  })

  describe('without read:users', () => {
    const profile = 'apiKey { id metadata owner { email } }'
    const forms = [
      ['a field', profile],
      ['an alias', 'k: apiKey { id n: name }'],
      ['an inline fragment', '... on Mutation_ { apiKey { ... { name } } }'],
      ['parent', 'apiKey { parent { id } }'],
    ] as const
    const of = (form: string, name: string) =>
      form.replace('Mutation_', `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`)

    it.each(forms)('changes nothing if %s would return more about the key', async (_name, form) => {
      const { id, secret } = await app.key('bob', usual)
      const as = (await app.key('admin', ['manage:keys', 'read:keys', 'write:keys'])).secret
      for (const [name, input] of [
        ['updateApiKey', { id, scopes: ['read:users'] }],
        ['revokeApiKey', { id }],
      ] as const) {
        const answer = await mutate(name, of(form, name))(input, { as })
        expect(errorOf(answer)).toEqual({
          status: 200,
          code: 'FORBIDDEN',
          missingScopes: ['read:users'],
        })
        expect(answer.body.data).toBeNull()
      }
      const { body } = await app.ask('{ viewer { scopes } }', { as: secret })
      expect(body.data.viewer.scopes).toEqual(usual)
    })

    it('descendants are not readable either', async () => {
      const { id } = await app.key('bob', usual)
      const as = (await app.key('admin', ['manage:keys', 'write:keys'])).secret
      const answer = await mutate('revokeApiKey', 'revokedDescendants { name }')({ id }, { as })
      expect(errorOf(answer)).toMatchObject({ code: 'FORBIDDEN' })
      const outcome =
        'apiKey { __typename id start scopes status revokedAt revokedReason owner @skip(if: true) { id } }'
      const revoked = await mutate('revokeApiKey', outcome)({ id, reason: 'lost' }, { as })
      expect(revoked.body.data.revokeApiKey.apiKey).toMatchObject({ status: 'REVOKED' })
    })

    it('the owner is not readable without read:keys', async () => {
      const { id } = await app.key('bob', usual)
      const as = await app.jwt('admin', ['manage:keys', 'write:keys', 'read:users'])
      const answer = await mutate('revokeApiKey', 'apiKey { owner { subject } }')({ id }, { as })
      expect(errorOf(answer)).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['read:keys'] })
    })

    it("returns the owner of the caller's own keys", async () => {
      const { id } = await app.key('bob', usual)
      const as = await app.jwt('bob', ['write:keys'])
      const revoked = await mutate('revokeApiKey', 'apiKey { owner { subject } }')({ id }, { as })
      expect(revoked.body.data.revokeApiKey.apiKey.owner.subject).toBe('bob')
    })

    it('returns everything with it', async () => {
      const { id } = await app.key('bob', usual)
      const revoked = await mutate('revokeApiKey', 'apiKey { owner { subject } }')(
        { id },
        { as: admin },
      )
      expect(revoked.body.data.revokeApiKey.apiKey.owner.subject).toBe('bob')
    })
  })

  it('never creates a key for another user: the input has no owner', async () => {
    const bob = await app.stores.users.findByIdentity(app.issuer.issuer, 'bob')
    for (const field of ['ownerId', 'userId', 'owner']) {
      const answer = await create(
        { name: 'x', scopes: ['read:users'], [field]: bob?.id },
        { as: admin },
      )
      expect(errorOf(answer)).toEqual({ status: 200, code: 'GRAPHQL_VALIDATION_FAILED' })
      expect(answer.text).toContain(field)
    }
    const own = await create({ name: 'x', scopes: ['read:users'] }, { as: admin })
    expect(own.body.data.createApiKey.apiKey.owner.subject).toBe('admin')
  })

  it('counts only while the owner has it in the grant', async () => {
    const { id } = await app.key('bob', usual)
    const unbounded = await app.user('unbounded', null)
    const as = await app.jwt('unbounded', [...usual, 'manage:keys'])
    expect(errorOf(await revoke({ id }, { as }))).toEqual({ status: 200, code: 'NOT_FOUND' })
    await app.byHand`update latchkey.users set scopes = '{manage:keys,write:keys}' where id = ${unbounded.id}`
    expect((await revoke({ id }, { as })).body.errors).toBeUndefined()
  })
})

describe('ownerId', () => {
  it.each([
    ['another user, without manage:keys', () => 'bob', usual],
    ['a user that is not there', () => null, usual],
    [
      'another user, with manage:keys but without read:users',
      () => 'bob',
      ['read:keys', 'manage:keys'],
    ],
  ])('of %s lists nothing', async (_name, subject, scopes) => {
    await app.key('bob', usual)
    const name = subject()
    const owner =
      name === null ? null : await app.stores.users.findByIdentity(app.issuer.issuer, name)
    const { body } = await app.ask(
      'query ($id: ID) { apiKeys(ownerId: $id) { totalCount nodes { id } pageInfo { hasNextPage } } }',
      {
        as: await app.jwt('admin', scopes),
        variables: { id: owner?.id ?? '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a' },
      },
    )
    expect(body).toEqual({
      data: { apiKeys: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } } },
    })
  })
})
