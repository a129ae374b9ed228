import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let root: string
let owner: string
let ownerId: string
let key: { id: string; secret: string }
let other: { id: string; secret: string }

const everything = ['read:keys', 'write:keys', 'manage:keys', 'read:users', 'write:users']

beforeAll(async () => {
  app = await createTestApp()
  await app.user('root', [...everything, 'write:grants'])
  root = await app.jwt('root', [...everything, 'write:grants'])
  ownerId = (await app.user('ada')).id
  owner = await app.jwt('ada', ['read:keys', 'write:keys', 'read:users', 'write:users'])
  key = await app.key('ada', ['read:keys', 'write:keys'])
  other = await app.key('ada', ['read:users'])
})
afterAll(() => app.close())

const shown = `{ keys { totalCount nodes {
  apiKey { id } stops lostScopes { scope lastUsedAt } } } }`

async function predict(of: object, as = root) {
  const query = `query ($of: ConsequencesOf!) { consequences(of: $of) ${shown} }`
  return await app.ask(query, { as, variables: { of } })
}

async function keysOf(of: object, as = root) {
  const { body } = await predict(of, as)
  expect(body.errors).toBeUndefined()
  return body.data.consequences?.keys.nodes
}

const lost = (...scopes: string[]) => scopes.map((scope) => ({ scope, lastUsedAt: null }))

describe('the consequences of a mutation', () => {
  it('on a user are those for all of its active keys', async () => {
    const expired = await app.key('ada', ['read:users'])
    await app.sql`update latchkey.api_keys set expires_at = now() - interval '1 s' where id = ${expired.id}`
    const all = [
      { apiKey: { id: other.id }, stops: true, lostScopes: lost('read:users') },
      { apiKey: { id: key.id }, stops: true, lostScopes: lost('read:keys', 'write:keys') },
    ]
    for (const name of ['deleteUser', 'suspendUser']) {
      expect(await keysOf({ [name]: { id: ownerId } })).toEqual(all)
      expect(await keysOf({ [name]: { id: ownerId } }, owner)).toEqual(all)
    }
    expect(await keysOf({ setUserScopes: { userId: ownerId, scopes: ['read:keys'] } })).toEqual([
      { apiKey: { id: other.id }, stops: false, lostScopes: lost('read:users') },
      { apiKey: { id: key.id }, stops: false, lostScopes: lost('write:keys') },
    ])
  })

  it('on a key include its descendants, and show which scopes they used', async () => {
    const child = 'c'.repeat(16)
    await app.sql`
      insert into latchkey.api_keys (id, owner_id, parent_id, name, scopes, secret_hash)
      values (${child}, ${ownerId}, ${key.id}, 'child', '{read:keys}', 'x')`
    await app.sql`insert into latchkey.api_key_scope_uses values (${child}, 'read:keys', '2030-01-01Z')`
    const used = [{ scope: 'read:keys', lastUsedAt: '2030-01-01T00:00:00.000Z' }]
    expect(await keysOf({ revokeApiKey: { id: key.id } }, owner)).toEqual([
      { apiKey: { id: child }, stops: true, lostScopes: used },
      { apiKey: { id: key.id }, stops: true, lostScopes: lost('read:keys', 'write:keys') },
    ])
    for (const as of [owner, root]) {
      expect(await keysOf({ updateApiKey: { id: key.id, scopes: ['write:keys'] } }, as)).toEqual([
        { apiKey: { id: child }, stops: false, lostScopes: used },
        { apiKey: { id: key.id }, stops: false, lostScopes: lost('read:keys') },
      ])
    }
    expect(await keysOf({ updateApiKey: { id: key.id, name: 'renamed' } }, owner)).toEqual([])
    await app.sql`delete from latchkey.api_keys where id = ${child}`
  })

  it('change nothing', async () => {
    await keysOf({ deleteUser: { id: ownerId } })
    expect((await app.ask('{ viewer { scopes } }', { as: key.secret })).status).toBe(200)
  })

  it('are null where the mutation finds nothing, or the caller may not read the keys', async () => {
    const stranger = await app.jwt('bob', ['read:keys', 'write:keys', 'read:users'])
    expect(await keysOf({ deleteUser: { id: crypto.randomUUID() } })).toBeUndefined()
    expect(await keysOf({ revokeApiKey: { id: 'x'.repeat(16) } })).toBeUndefined()
    expect(await keysOf({ revokeApiKey: { id: key.id } }, stranger)).toBeUndefined()
    // A key changes only itself and its descendants.
    const change = { updateApiKey: { id: other.id, scopes: ['read:users'] } }
    expect(await keysOf(change, key.secret)).toBeUndefined()
    expect(await keysOf(change, owner)).toEqual([])
  })

  it.each([
    ['deleteUser', 'id', 'write:users'],
    ['suspendUser', 'id', 'write:users'],
    ['setUserScopes', 'userId', 'write:grants'],
  ])(
    'of %s require its scope, and for another user those to read its keys',
    async (name, id, scope) => {
      const without = async (missing: string) =>
        predict(
          { [name]: { [id]: ownerId, ...(id === 'userId' && { scopes: [] }) } },
          await app.jwt(
            'root',
            [...everything, 'write:grants'].filter((one) => one !== missing),
          ),
        )
      for (const missing of [scope, 'read:keys', 'manage:keys', 'read:users']) {
        const { status, body } = await without(missing)
        expect(status).toBe(403)
        expect(body.errors[0].extensions.missingScopes).toEqual([missing])
      }
      expect((await without('nothing')).status).toBe(200)
    },
  )

  it('of a mutation of a key require its scope', async () => {
    const reader = await app.jwt('ada', ['read:keys'])
    const { status, body } = await predict({ revokeApiKey: { id: key.id } }, reader)
    expect(status).toBe(403)
    expect(body.errors[0].extensions.missingScopes).toEqual(['write:keys'])
  })

  it('are not predicted for input that the mutation refuses', async () => {
    const codes = async (of: object, as = root) =>
      (await predict(of, as)).body.errors?.[0].extensions
    expect(await codes({})).toEqual({ code: 'BAD_USER_INPUT', field: 'of' })
    expect(await codes({ revokeApiKey: { id: key.id }, deleteUser: { id: ownerId } })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'of',
    })
    expect(await codes({ updateApiKey: { id: key.id, scopes: [] } }, owner)).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'scopes',
    })
    expect(await codes({ updateApiKey: { id: key.id, name: 'mine' } })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'name',
    })
    const grant = { setUserScopes: { userId: ownerId, scopes: ['read:audit'] } }
    expect(await codes(grant)).toEqual({ code: 'FORBIDDEN', missingScopes: ['read:audit'] })
  })
})

describe('deleteUser', () => {
  const remove =
    'mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { deletedUserId } }'

  it('of a user with active keys needs force', async () => {
    const { id } = await app.user('cy')
    await app.key('cy', ['read:users'])
    const refused = await app.ask(remove, { as: root, variables: { input: { id } } })
    expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] })
    expect(refused.body.errors[0].message).toContain('The user has 1 active API key.')
    const clerk = await app.jwt('clerk', ['write:users'])
    const vague = await app.ask(remove, { as: clerk, variables: { input: { id } } })
    expect(vague.body.errors[0].message).toContain('The user has active API keys.')
    const input = { id, force: true }
    const { body } = await app.ask(remove, { as: clerk, variables: { input } })
    expect(body).toEqual({ data: { deleteUser: { deletedUserId: id } } })
  })
})
