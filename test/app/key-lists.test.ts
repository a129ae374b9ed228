import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, errorOf, type TestApp } from '../support/app.ts'

let app: TestApp
let alice: string
let admin: string
const keys = new Map<string, { id: string; secret: string }>()

const names = ['Émile', 'beta', 'Alpha', 'alpha 2', 'gamma_1', 'gammaX']

beforeAll(async () => {
  app = await createTestApp()
  await app.user('admin', ['manage:keys', 'read:keys', 'read:users', 'write:keys'])
  alice = await app.jwt('alice', ['read:users', 'read:keys', 'write:keys'])
  admin = await app.jwt('admin', ['manage:keys', 'read:keys', 'read:users', 'write:keys'])
  for (const name of names) keys.set(name, await app.key('alice', ['read:keys'], { name }))
  const used = (name: string, at: string | null, expires: string | null) =>
    app.sql`update latchkey.api_keys set last_used_at = ${at}, expires_at = ${expires}
      where id = ${idOf(name)}`
  await used('beta', '2026-03-01Z', '2050-01-01Z')
  await used('Alpha', '2026-04-01Z', null)
  await used('gamma_1', '2026-02-01Z', '2040-01-01Z')
})
afterAll(() => app.close())

const idOf = (name: string) => keys.get(name)?.id ?? ''

const list = (args: string, as = alice) =>
  app.ask(
    `{ apiKeys(${args}) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`,
    { as },
  )
const namesOf = async (args: string) =>
  (await list(args)).body.data.apiKeys.nodes.map(({ name }: { name: string }) => name)

const orders = {
  NEWEST: names.toReversed(),
  NAME: ['Alpha', 'alpha 2', 'beta', 'gamma_1', 'gammaX', 'Émile'],
  LAST_USED: ['Alpha', 'beta', 'gamma_1'],
  EXPIRES: ['gamma_1', 'beta'],
}

describe.each(Object.entries(orders))('apiKeys sorted by %s', (sort, first) => {
  it('begins with the right keys', async () => {
    const found = await namesOf(`sort: ${sort}`)
    expect(found.slice(0, first.length)).toEqual(first)
    expect(found.toSorted()).toEqual(names.toSorted())
  })

  it('returns every key once in pages of any size, forwards and backwards', async () => {
    const all = await namesOf(`sort: ${sort}`)
    for (const size of [1, 2, 5]) {
      const forwards: string[] = []
      let after = ''
      for (;;) {
        const { nodes, pageInfo } = (await list(`sort: ${sort}, first: ${size}${after}`)).body.data
          .apiKeys
        forwards.push(...nodes.map(({ name }: { name: string }) => name))
        if (!pageInfo.hasNextPage) break
        after = `, after: "${pageInfo.endCursor}"`
      }
      expect(forwards).toEqual(all)
      const backwards: string[] = []
      let before = ''
      for (;;) {
        const { nodes, pageInfo } = (await list(`sort: ${sort}, last: ${size}${before}`)).body.data
          .apiKeys
        backwards.unshift(...nodes.map(({ name }: { name: string }) => name))
        if (!pageInfo.hasPreviousPage) break
        before = `, before: "${pageInfo.startCursor}"`
      }
      expect(backwards).toEqual(all)
    }
  })

  it('refuses a cursor of a list in another order', async () => {
    const other = sort === 'NAME' ? 'EXPIRES' : 'NAME'
    const { endCursor } = (await list(`sort: ${other}, first: 1`)).body.data.apiKeys.pageInfo
    expect(errorOf(await list(`sort: ${sort}, after: "${endCursor}"`))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'after',
    })
  })
})

describe('apiKeys with search', () => {
  it.each<[string, string[]]>([
    ['ALPHA', ['alpha 2', 'Alpha']],
    ['émi', ['Émile']],
    ['gamma_', ['gamma_1']],
    ['%', []],
    ['lpha', []],
    ['\\u0000', []],
    ['', names.toReversed()],
  ])('%s', async (search, found) => {
    expect(await namesOf(`search: "${search}"`)).toEqual(found)
    expect((await list(`search: "${search}"`)).body.data.apiKeys.totalCount).toBe(found.length)
  })

  it('finds a key by its id and by its start', async () => {
    expect(await namesOf(`search: "${idOf('beta')}"`)).toEqual(['beta'])
    expect(await namesOf(`search: "lk_${idOf('beta')}", sort: NAME`)).toEqual(['beta'])
    expect(await namesOf(`search: "lk_${idOf('beta').slice(0, 8)}"`)).toEqual([])
  })

  it('refuses a long text', async () => {
    expect(errorOf(await list(`search: "${'x'.repeat(201)}"`))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'search',
    })
  })

  it("does not find another user's keys", async () => {
    const bob = await app.jwt('bob', ['read:keys'])
    const { body } = await list(`search: "${idOf('beta')}"`, bob)
    expect(body.data.apiKeys.nodes).toEqual([])
  })
})

describe('ApiKey.descendants', () => {
  const create = async (as: string, name: string) => {
    const { body } = await app.ask(
      `mutation { createApiKey(input: { name: "${name}", scopes: ["write:keys", "read:keys"] }) { apiKey { id } secret } }`,
      { as },
    )
    return { id: body.data.createApiKey.apiKey.id, secret: body.data.createApiKey.secret }
  }

  it('lists children and their descendants, those that are not revoked first', async () => {
    const carol = await app.jwt('carol', ['read:keys', 'write:keys'])
    const root = await create(carol, 'root')
    const revoked = await create(root.secret, 'revoked')
    const ofRevoked = await create(revoked.secret, 'of revoked')
    const child = await create(root.secret, 'child')
    const grandchild = await create(child.secret, 'grandchild')
    await app.ask(`mutation { revokeApiKey(input: { id: "${revoked.id}" }) { effectiveBy } }`, {
      as: carol,
    })
    const { body } = await app.ask(
      '{ apiKeys(first: 6) { nodes { name descendants { id parent { id } status } } } }',
      { as: carol },
    )
    const of = (name: string) =>
      body.data.apiKeys.nodes.find((key: { name: string }) => key.name === name).descendants
    expect(of('root')).toEqual([
      { id: child.id, parent: { id: root.id }, status: 'ACTIVE' },
      { id: grandchild.id, parent: { id: child.id }, status: 'ACTIVE' },
      { id: revoked.id, parent: { id: root.id }, status: 'REVOKED' },
      { id: ofRevoked.id, parent: { id: revoked.id }, status: 'REVOKED' },
    ])
    expect(of('child')).toHaveLength(1)
    expect(of('grandchild')).toEqual([])
  })

  it('lists at most 100', async () => {
    const dave = await app.jwt('dave', ['read:keys', 'write:keys'])
    const root = await create(dave, 'root')
    await create(root.secret, 'a child')
    await app.sql`
      insert into latchkey.api_keys (id, owner_id, parent_id, name, scopes, secret_hash, revoked_at)
      select lpad(n::text, 16, 'd'), owner_id, id, 'child', scopes, '', now()
      from latchkey.api_keys, generate_series(1, 1500) as n where id = ${root.id}`
    const { body } = await app.ask(`{ apiKey(id: "${root.id}") { descendants { id } } }`, {
      as: dave,
    })
    expect(body.data.apiKey.descendants).toHaveLength(100)
  })
})

describe('ApiKey.events', () => {
  const events = (as: string, id: string, args = '') =>
    app.ask(
      `{ apiKey(id: "${id}") { events${args} { nodes { type targetId actor { subject } } totalCount pageInfo { endCursor hasNextPage } } } }`,
      { as },
    )

  it('lists the events of the key, newest first, without read:audit', async () => {
    const { id } = await app.key('alice', ['read:keys'])
    await app.ask(`mutation { revokeApiKey(input: { id: "${id}" }) { effectiveBy } }`, {
      as: admin,
    })
    for (const as of [alice, admin]) {
      const { body } = await events(as, id)
      expect(body.data.apiKey.events).toMatchObject({
        nodes: [
          { type: 'api_key.revoked', targetId: id, actor: { subject: 'admin' } },
          { type: 'api_key.created', targetId: id, actor: { subject: 'alice' } },
        ],
        totalCount: 2,
      })
    }
    const first = (await events(alice, id, '(first: 1)')).body.data.apiKey.events
    expect(first.pageInfo.hasNextPage).toBe(true)
    const second = await events(alice, id, `(first: 1, after: "${first.pageInfo.endCursor}")`)
    expect(second.body.data.apiKey.events.nodes).toMatchObject([{ type: 'api_key.created' }])
  })

  it('is not reached by a caller that may not read the key', async () => {
    const bob = await app.jwt('bob', ['read:keys', 'read:audit'])
    const { body } = await events(bob, idOf('beta'))
    expect(body.data.apiKey).toBeNull()
  })
})
