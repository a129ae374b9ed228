import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, errorOf, type TestApp } from '../support/app.ts'

/* No payload of a mutation returns data that a query would refuse to the same caller. */

let app: TestApp
/** May write, and read no other users. */
let writer: string[]
let writerId: string
/** May read as well. */
let reader: string
let userId: string

const scopes = ['write:users', 'write:keys', 'write:grants']

beforeAll(async () => {
  app = await createTestApp()
  writerId = (await app.user('writer', [...scopes, 'manage:keys'])).id
  await app.user('reader', [...scopes, 'manage:keys', 'read:users', 'read:keys'])
  userId = (await app.user('carol', ['read:keys'])).id
  writer = [await app.jwt('writer', scopes), (await app.key('writer', scopes)).secret]
  reader = await app.jwt('reader', [...scopes, 'manage:keys', 'read:users'])
})
afterAll(() => app.close())

const rows = () =>
  app.sql`select id, issuer, subject, email, name, status, scopes from latchkey.users order by id`

const mutations = [
  ['createUser', () => ({ subject: 'new' })],
  ['updateUser', () => ({ id: userId })],
  ['updateUser', () => ({ id: userId, name: 'Other' })],
  ['suspendUser', () => ({ id: userId })],
  ['reactivateUser', () => ({ id: userId })],
  ['setUserScopes', () => ({ userId, scopes: [] })],
] as const

const document = (name: string, payload: string) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  return `mutation ($input: ${type}!) { ${name}(input: $input) { ${payload} } }`
}
const ask = (name: string, input: object, payload: string, as: string) =>
  app.ask(document(name, payload), { as, variables: { input } })

describe.each(mutations)('%s of another user', (name, input) => {
  it.each([
    ['a field', 'user { id email }'],
    ['an alias', 'u: user { status: scopes }'],
    ['a fragment', '... { user { ... on User { name } } }'],
    ['a named type', 'user { subject }'],
    ['two selections', 'user { id } user { createdAt }'],
  ])('changes nothing if %s would return more than id and status', async (_name, payload) => {
    const before = await rows()
    for (const as of writer) {
      const answer = await ask(name, input(), payload, as)
      expect(errorOf(answer)).toMatchObject({
        status: 403,
        code: 'FORBIDDEN',
        missingScopes: ['read:users'],
      })
      expect(answer.body.data).toBeUndefined()
    }
    expect(await rows()).toEqual(before)
  })
})

describe('of another user', () => {
  it('id and status are returned, and skipped fields do not count', async () => {
    const payload = '__typename user { __typename id status email @skip(if: true) }'
    for (const as of writer) {
      for (const [name, input] of mutations.slice(1)) {
        const { body } = await ask(name, input(), payload, as)
        expect(body.errors).toBeUndefined()
        expect(body.data[name].user).toMatchObject({ __typename: 'User', id: userId })
      }
    }
  })

  it('fields that a variable skips do not count', async () => {
    const query = /* GraphQL */ `
      mutation ($id: ID!, $s: Boolean!) {
        reactivateUser(input: { id: $id }) { user { id email @skip(if: $s) } }
      }
    `
    for (const as of writer) {
      const without = await app.ask(query, { as, variables: { id: userId, s: true } })
      expect(without.body).toEqual({ data: { reactivateUser: { user: { id: userId } } } })
      const answer = await app.ask(query, { as, variables: { id: userId, s: false } })
      expect(errorOf(answer)).toMatchObject({ status: 403, missingScopes: ['read:users'] })
    }
  })

  it('everything is returned with read:users', async () => {
    for (const [name, input] of mutations.slice(1)) {
      const { body } = await ask(name, input(), 'user { subject email scopes }', reader)
      expect(body.data[name].user.subject).toBe('carol')
    }
  })

  it('one mutation that selects more is denied together with those beside it', async () => {
    const before = await rows()
    const query = /* GraphQL */ `
      mutation ($id: ID!, $own: ID!) {
        a: suspendUser(input: { id: $id }) { user { id } }
        b: updateUser(input: { id: $own, name: "Me" }) { user { name } }
        c: reactivateUser(input: { id: $id }) { user { email } }
      }
    `
    const [as = ''] = writer
    const answer = await app.ask(query, { as, variables: { id: userId, own: writerId } })
    expect(errorOf(answer)).toMatchObject({
      status: 403,
      fields: [{ coordinate: 'User.email', paths: [['c', 'user', 'email']] }],
    })
    expect(await rows()).toEqual(before)
  })

  it('requiredScopes returns the required scopes', async () => {
    const asked = 'query ($d: String!) { requiredScopes(document: $d) { scopes } }'
    const d = document('updateUser', 'user { email }')
    const { body } = await app.ask(asked, { variables: { d } })
    expect(body.data.requiredScopes.scopes).toEqual([['read:users', 'write:users']])
  })
})

it('everything about the caller is returned, as in `me`', async () => {
  for (const as of writer) {
    for (const id of [writerId, writerId.toUpperCase()]) {
      const { body } = await ask('updateUser', { id }, 'user { subject email scopes }', as)
      expect(body.data.updateUser.user.subject).toBe('writer')
    }
  }
})

describe('createUser', () => {
  it('does not disclose an existing user to a caller who may not read users', async () => {
    const [as = ''] = writer
    const fresh = await ask('createUser', { subject: 'dave' }, 'user { id status }', as)
    const again = await ask('createUser', { subject: 'dave' }, 'user { id status }', as)
    expect(again.body).toEqual(fresh.body)
    const answer = await ask('createUser', { subject: 'dave' }, 'user { id }', reader)
    expect(errorOf(answer)).toEqual({ status: 200, code: 'CONFLICT' })
  })

  it('does not disclose either that the user is suspended, and does not change it', async () => {
    const { id } = await app.user('olga', ['read:keys'])
    await ask('suspendUser', { id }, 'user { id }', reader)
    const before = await rows()
    for (const as of writer) {
      const input = { subject: 'olga', name: 'Other', scopes: ['write:keys'] }
      const { body } = await ask('createUser', input, 'user { id status }', as)
      expect(body).toEqual({ data: { createUser: { user: { id, status: 'ACTIVE' } } } })
    }
    expect(await rows()).toEqual(before)
  })

  it('does not disclose either that the user was deleted, and grants no more than before', async () => {
    const as = await app.jwt('writer', ['write:users', 'write:keys'])
    const { id } = await app.user('pete', [])
    await ask('deleteUser', { id }, 'deletedUserId', reader)
    const input = { subject: 'pete', scopes: ['write:keys'] }
    const { body } = await ask('createUser', input, 'user { status }', as)
    expect(body).toEqual({ data: { createUser: { user: { status: 'ACTIVE' } } } })
    const made = await app.stores.users.findByIdentity(app.issuer.issuer, 'pete')
    expect(made?.scopes).toEqual([])
    await ask('deleteUser', { id: made?.id }, 'deletedUserId', reader)
    const answer = await ask(
      'createUser',
      input,
      'user { id }',
      await app.jwt('reader', ['write:users', 'write:keys', 'read:users']),
    )
    expect(errorOf(answer)).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['write:keys'],
    })
  })
})

describe('setUserScopes', () => {
  it('discloses the scopes of a user in missingScopes only to a caller who may read users', async () => {
    const { id } = await app.user('rosa', ['read:audit', 'read:keys'])
    const input = { userId: id, scopes: ['read:audit', 'read:keys', 'introspect:tokens'] }
    for (const as of writer) {
      const answer = await ask('setUserScopes', input, 'user { id }', as)
      expect(errorOf(answer)).toMatchObject({
        code: 'FORBIDDEN',
        missingScopes: [...input.scopes].sort(),
      })
      const unknown = { userId: id, scopes: ['read:audit', 'none'] }
      const named = errorOf(await ask('setUserScopes', unknown, 'user { id }', as))
      expect(named).toMatchObject({ code: 'BAD_USER_INPUT' })
    }
    const answer = await ask(
      'setUserScopes',
      input,
      'user { id }',
      await app.jwt('reader', [...scopes, 'read:users']),
    )
    expect(errorOf(answer)).toMatchObject({ missingScopes: ['introspect:tokens'] })
    const [as = ''] = writer
    const kept = { userId: id, scopes: ['read:audit'] }
    expect((await ask('setUserScopes', kept, 'user { id }', as)).body.errors).toBeUndefined()
  })
})

describe('of keys', () => {
  it("the number of another user's keys requires read:users, the caller's own number does not", async () => {
    await app.key('erin', ['read:users'])
    const erin = await app.stores.users.findByIdentity(app.issuer.issuer, 'erin')
    const as = await app.jwt('writer', [...scopes, 'manage:keys'])
    const input = { ownerId: erin?.id }
    const count = await ask('revokeAllApiKeys', input, 'revokedCount', as)
    expect(errorOf(count)).toMatchObject({
      status: 403,
      missingScopes: ['read:keys', 'read:users'],
    })
    const [row] = await app.sql`select count(*)::int as keys from latchkey.api_keys
      where owner_id = ${erin?.id ?? ''} and revoked_at is null`
    expect(row?.keys).toBe(1)
    const { body } = await ask('revokeAllApiKeys', input, '__typename', as)
    expect(body.errors).toBeUndefined()
    const own = await ask('revokeAllApiKeys', {}, 'revokedCount', await app.jwt('erin', scopes))
    expect(own.body.data.revokeAllApiKeys.revokedCount).toBe(0)
  })

  it("the number of another user's keys requires the scopes of listing them", async () => {
    const as = await app.jwt('reader', ['write:keys', 'manage:keys', 'read:users'])
    const count = await ask('revokeAllApiKeys', { ownerId: userId }, 'revokedCount', as)
    expect(errorOf(count)).toMatchObject({ status: 403, missingScopes: ['read:keys'] })
  })

  it('a new key returns only those fields of its parent that the parent may read itself', async () => {
    const { secret } = await app.key('gina', ['write:keys'])
    const input = { name: 'c', scopes: ['write:keys'] }
    const answer = await ask('createApiKey', input, 'apiKey { parent { metadata } }', secret)
    expect(errorOf(answer)).toMatchObject({ status: 403, missingScopes: ['read:keys'] })
    const payload = 'apiKey { name metadata parent { id name owner { subject } } }'
    const { body } = await ask('createApiKey', input, payload, secret)
    expect(body.data.createApiKey.apiKey.parent.owner.subject).toBe('gina')
  })

  const changes = [
    ['updateApiKey', { name: 'renamed' }],
    ['updateApiKey', { scopes: ['write:keys'] }],
    ['updateApiKey', { name: null, description: null, metadata: null, scopes: null }],
    ['rotateApiKey', {}],
    ['expirePreviousSecret', {}],
    ['revokeApiKey', {}],
  ] as const

  const beyond = [
    'apiKey { metadata }',
    'apiKey { description }',
    'apiKey { createdAt }',
    'apiKey { lastUsedAt }',
    'apiKey { usedScopes { scope } }',
    'apiKey { unusedScopes }',
    'apiKey { parent { id } }',
    'apiKey { parent { description metadata } }',
    'apiKey { parent { parent { owner { email } } } }',
    'k: apiKey { ... on ApiKey { p: parent { m: metadata } } }',
  ]
  const ofDescendants = [
    'revokedDescendants { name }',
    'revokedDescendants { parent { metadata } }',
    'd: revokedDescendants { ... { p: parent { id } } }',
  ]

  describe.each(changes)('%s with %o and without read:keys', (name, change) => {
    it('changes nothing if it would return more', async () => {
      const grandparent = await app.key('hugo', ['write:keys'], { metadata: { a: 1 } })
      const parent = await made(grandparent.secret)
      const child = await made(parent.secret)
      const before = await keyRows()
      const input = { id: child.id, ...change }
      const jwt = await app.jwt('hugo', ['write:keys'])
      const more = name === 'revokeApiKey' ? [...beyond, ...ofDescendants] : beyond
      for (const payload of more) {
        for (const as of [jwt, parent.secret, child.secret]) {
          const answer = await ask(name, input, payload, as)
          expect(errorOf(answer), payload).toMatchObject({ missingScopes: ['read:keys'] })
          expect(answer).toMatchObject({ status: 403 })
          expect(answer.body.data).toBeUndefined()
        }
      }
      expect(await keyRows()).toEqual(before)
      const reader = await app.jwt('hugo', ['write:keys', 'read:keys'])
      const { body } = await ask(name, input, more.join(' '), reader)
      expect(body.errors).toBeUndefined()
    })

    it('returns the changed key', async () => {
      const { id } = await app.key('hugo', ['write:keys'])
      const as = await app.jwt('hugo', ['write:keys'])
      const payload = 'apiKey { id start scopes status revokedAt revokedReason owner { subject } }'
      const { body } = await ask(name, { id, ...change }, payload, as)
      expect(body.data[name].apiKey).toMatchObject({ id, owner: { subject: 'hugo' } })
    })

    it('returns about the presented key the same as `viewer`', async () => {
      const { id, secret } = await app.key('hugo', ['write:keys'])
      const payload = 'apiKey { name expiresAt effectiveScopes }'
      const { body } = await ask(name, { id, ...change }, payload, secret)
      expect(body.data[name].apiKey).toMatchObject({ effectiveScopes: ['write:keys'] })
    })
  })

  it('an update returns the fields that it sets', async () => {
    const { id } = await app.key('frank', ['read:users'])
    const as = await app.jwt('frank', ['write:keys'])
    const given = { name: 'n', description: 'd', metadata: { a: 1 } }
    const all = await ask(
      'updateApiKey',
      { id, ...given },
      'apiKey { name description metadata }',
      as,
    )
    expect(all.body.data.updateApiKey.apiKey).toEqual(given)
    const more = await ask('updateApiKey', { id, name: 'm' }, 'apiKey { name metadata }', as)
    expect(errorOf(more)).toMatchObject({
      status: 403,
      missingScopes: ['read:keys'],
      fields: [{ coordinate: 'ApiKey.metadata', paths: [['updateApiKey', 'apiKey', 'metadata']] }],
    })
  })

  const keyRows = () => app.sql`
    select id, name, scopes, metadata, rotated_at, revoked_at from latchkey.api_keys order by id`

  async function made(secret: string): Promise<{ id: string; secret: string }> {
    const input = { name: 'c', scopes: ['write:keys'] }
    const { body } = await ask('createApiKey', input, 'secret apiKey { id }', secret)
    return { id: body.data.createApiKey.apiKey.id, secret: body.data.createApiKey.secret }
  }
})
