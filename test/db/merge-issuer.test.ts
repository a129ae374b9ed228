import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { openDatabase } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrate.ts'
import { schemaNames } from '../../src/db/schema-names.ts'
import { createEmptyDatabase } from '../support/database.ts'
import { newKey, openStores, type StoreFixture } from './store-fixture.ts'

const alias = 'https://acme.eu.auth0.com/'
const issuer = 'https://login.acme.com/'

let stores: StoreFixture
beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())
beforeEach(async () => {
  await stores.sql`delete from latchkey.users`
  await stores.sql`delete from latchkey.deleted_users`
})

async function user(of: string, subject: string, scopes: readonly string[] | null = null) {
  const made = await stores.users.insert(
    { issuer: of, subject, email: null, name: null, scopes },
    operator,
  )
  if (made === 'duplicate') throw new Error('There is that user already.')
  return made
}

const merge = (dryRun = false) =>
  stores.mergeIssuer({ alias, issuer, nullListsNothing: false, dryRun }, operator)
const canonical = (subject: string) => stores.users.findByIdentity(issuer, subject)
const unmerged = () => stores.directory.findUnmergedAliases?.([alias, 'https://x.example'])
const admit = (of: string, subject: string) =>
  stores.directory.admitUser({ issuer: of, subject, grant: null })
const nothing = { moved: 0, merged: 0, apiKeys: 0, deleted: 0, limited: [], limitedCount: 0 }

describe('a user whose subject is free under the issuer', () => {
  test('keeps its id, grant, status and keys', async () => {
    const ada = await user(alias, 'ada', ['read:users'])
    await stores.users.setStatus(ada.id, 'SUSPENDED', null, operator)
    const key = await stores.makeKey(ada)
    expect(await unmerged()).toEqual([alias])
    expect(await merge(true)).toEqual({ ...nothing, moved: 1 })
    expect(await unmerged()).toEqual([alias])
    expect(await merge()).toEqual({ ...nothing, moved: 1 })
    expect(await unmerged()).toEqual([])
    expect(await canonical('ada')).toMatchObject({
      id: ada.id,
      scopes: ['read:users'],
      status: 'SUSPENDED',
    })
    const found = await stores.directory.findKeyForVerification(key.id)
    expect(found?.owner).toMatchObject({ issuer, suspended: true })
    expect((await stores.events(ada.id)).at(-1)).toMatchObject({
      type: 'user.merged',
      details: { subject: 'ada', issuer: { from: alias, to: issuer } },
    })
  })

  test('is not created again by a node that takes the alias for an issuer of its own', async () => {
    await user(alias, 'ada', [])
    await merge()
    expect(await admit(alias, 'ada')).toBeNull()
    expect(await admit(issuer, 'ada')).toMatchObject({ issuer, scopes: [] })
    expect(await merge()).toEqual(nothing)
  })
})

describe('two users with one subject', () => {
  test('become one where a key has lost all its scopes with those of its parent', async () => {
    const aliased = await user(alias, 'ada')
    await user(issuer, 'ada')
    const parent = await stores.makeKey(aliased, { scopes: ['read:keys', 'read:users'] })
    const child = await stores.makeKey(aliased, { parentId: parent.id, scopes: ['read:users'] })
    await stores.keys.update(parent.id, { scopes: ['read:keys'] }, operator)
    expect(await merge()).toMatchObject({ merged: 1, apiKeys: 2 })
    const found = await stores.directory.findKeyForVerification(child.id)
    expect(found).toMatchObject({ scopes: [], lineageScopes: [], revokedAt: null })
  })

  test('become the one of the issuer, with the keys of both and the narrower grant', async () => {
    const aliased = await user(alias, 'ada', ['read:keys', 'read:users'])
    const kept = await user(issuer, 'ada', ['read:users', 'write:users'])
    const parent = await stores.makeKey(aliased)
    const child = await stores.makeKey(aliased, { parentId: parent.id, metadata: { n: 1.5 } })
    const grandchild = await stores.makeKey(aliased, { parentId: child.id })
    await stores.keys.revoke(child.id, 'lost', new Date(), operator)
    await stores.sql`insert into latchkey.api_key_scope_uses values (${parent.id}, 'read:users', now())`
    const own = await stores.makeKey(kept)
    const columns = () => stores.sql`
      select id, parent_id, depth, name, metadata, lineage_scopes, secret_hash, created_at, revoked_at,
        revoked_reason from latchkey.api_keys order by id`
    const before = await columns()

    const result = {
      ...nothing,
      merged: 1,
      apiKeys: 3,
      limitedCount: 1,
      limited: [
        {
          subject: 'ada',
          before: [
            { status: 'ACTIVE', scopes: ['read:keys', 'read:users'] },
            { status: 'ACTIVE', scopes: ['read:users', 'write:users'] },
          ],
          after: { status: 'ACTIVE', scopes: ['read:users'] },
        },
      ],
    }
    expect(await merge(true)).toEqual(result)
    expect(await stores.users.find(aliased.id)).not.toBeNull()
    expect(await merge()).toEqual(result)

    expect(await canonical('ada')).toMatchObject({ id: kept.id, scopes: ['read:users'] })
    expect(await stores.users.find(aliased.id)).toBeNull()
    expect(await columns()).toEqual(before)
    const owners = await stores.sql`select distinct owner_id from latchkey.api_keys`
    expect(owners).toEqual([{ owner_id: kept.id }])
    const [uses] = await stores.sql`select count(*)::int from latchkey.api_key_scope_uses`
    expect(uses).toEqual({ count: 1 })
    for (const { id } of [own, parent, grandchild]) {
      expect((await stores.directory.findKeyForVerification(id))?.owner.userId).toBe(kept.id)
    }
    expect((await stores.events(kept.id)).at(-1)).toMatchObject({
      type: 'user.merged',
      details: { alias, with: { id: aliased.id }, scopes: { to: ['read:users'] } },
    })
    expect(await unmerged()).toEqual([])
    expect(await admit(alias, 'ada')).toBeNull()
  })

  test.each([alias, issuer])('are suspended if the one of %s is', async (suspended) => {
    for (const of of [alias, issuer]) {
      const { id } = await user(of, 'ada')
      if (of === suspended) await stores.users.setStatus(id, 'SUSPENDED', null, operator)
    }
    expect(await merge()).toMatchObject({ merged: 1, limitedCount: 1 })
    expect(await canonical('ada')).toMatchObject({ status: 'SUSPENDED', scopes: null })
  })
})

describe('a deleted user stays refused', () => {
  async function deleted(of: string, scopes: string[] | null = null) {
    await stores.users.delete((await user(of, 'ada', scopes)).id, operator)
  }

  test('where only the alias had it', async () => {
    await deleted(alias, ['read:users'])
    expect(await unmerged()).toEqual([alias])
    expect(await merge(true)).toEqual({ ...nothing, deleted: 1 })
    expect(await merge()).toEqual({ ...nothing, deleted: 1 })
    expect(await admit(issuer, 'ada')).toBeNull()
    expect(await stores.users.findTombstone(issuer, 'ada')).toEqual({ scopes: ['read:users'] })
    expect(await unmerged()).toEqual([])
    expect(await merge()).toEqual(nothing)
  })

  test('where the issuer has a user, which is suspended', async () => {
    await deleted(alias, ['read:keys'])
    const { id } = await user(issuer, 'ada', ['read:keys', 'read:users'])
    expect(await merge()).toMatchObject({ moved: 0, merged: 1, deleted: 0 })
    expect(await admit(issuer, 'ada')).toMatchObject({ suspended: true, scopes: ['read:keys'] })
    expect(await admit(alias, 'ada')).toBeNull()
    await stores.users.setStatus(id, 'ACTIVE', null, operator)
    expect(await merge()).toEqual(nothing)
    expect(await admit(issuer, 'ada')).toMatchObject({ suspended: false })
  })

  test('where the issuer deleted it, and the alias has a user', async () => {
    const { id } = await user(alias, 'ada')
    await deleted(issuer, ['read:users'])
    expect(await merge()).toMatchObject({ moved: 0, merged: 1 })
    expect(await admit(issuer, 'ada')).toMatchObject({
      userId: id,
      suspended: true,
      scopes: ['read:users'],
    })
    expect(await stores.users.findTombstone(issuer, 'ada')).toBeUndefined()
    expect(await admit(alias, 'ada')).toBeNull()
  })

  test('where both did', async () => {
    await deleted(alias, ['read:users', 'read:keys'])
    await deleted(issuer, ['write:keys', 'read:keys'])
    await merge()
    expect(await admit(issuer, 'ada')).toBeNull()
    expect(await stores.users.findTombstone(issuer, 'ada')).toEqual({ scopes: ['read:keys'] })
    expect(await unmerged()).toEqual([])
  })
})

test('a failure in the middle changes nothing', async () => {
  await user(alias, 'ada')
  await user(alias, 'grace')
  await user(issuer, 'grace')
  await stores.sql`alter table latchkey.audit_events add constraint no_merges
    check (type <> 'user.merged') not valid`
  try {
    await expect(merge()).rejects.toThrow()
  } finally {
    await stores.sql`alter table latchkey.audit_events drop constraint no_merges`
  }
  expect(await canonical('ada')).toBeNull()
  expect(await stores.users.findByIdentity(alias, 'grace')).not.toBeNull()
})

test('merges in another schema of the database too', async () => {
  const { url, close } = await createEmptyDatabase()
  await migrate(url, { schema: 'access' })
  const other = openDatabase({ url, schema: schemaNames('access'), defaultUserScopes: null })
  const made = [alias, issuer, alias].map((of, n) =>
    other.users.insert(
      { issuer: of, subject: `ada-${Math.floor(n / 2)}`, email: null, name: null, scopes: null },
      operator,
    ),
  )
  const [aliased] = await Promise.all(made)
  if (aliased === undefined || aliased === 'duplicate') throw new Error('There is no user.')
  await other.keys.insert(newKey(aliased), 100, operator)
  const merge = { alias, issuer, nullListsNothing: false, dryRun: false }
  expect(await other.mergeIssuer(merge, operator)).toMatchObject({
    moved: 1,
    merged: 1,
    apiKeys: 1,
  })
  expect(await other.directory.findUnmergedAliases?.([alias])).toEqual([])
  await other.close()
  await close()
})

test('merges thousands of users', async () => {
  await stores.sql`
    insert into latchkey.users (issuer, subject, scopes)
    select ${alias}, 'user-' || n, '{read:users}' from generate_series(1, 5000) as n`
  await stores.sql`
    insert into latchkey.users (issuer, subject) select ${issuer}, 'user-' || n
    from generate_series(1, 1234) as n`
  await stores.sql`
    insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash)
    select lpad(row_number() over ()::text, 16, 'k'), id, 'a key', '{read:users}', sha256('x')
    from latchkey.users where issuer = ${alias}`
  expect(await merge()).toMatchObject({
    moved: 3766,
    merged: 1234,
    apiKeys: 1234,
    limitedCount: 1234,
    limited: { length: 100 },
  })
  const counts = await stores.sql`
    select issuer, count(*)::int, bool_and(scopes = '{read:users}') as narrow
    from latchkey.users group by issuer`
  expect(counts).toEqual([{ issuer, count: 5000, narrow: true }])
  const [keys] = await stores.sql`select count(*)::int from latchkey.api_keys`
  expect(keys).toEqual({ count: 5000 })
  expect(await unmerged()).toEqual([])
})
