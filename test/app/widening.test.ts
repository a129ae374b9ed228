import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, errorOf, mutation, type TestApp } from '../support/app.ts'

let app: TestApp
/** Every scope that is not administrative. */
const usual = ['read:keys', 'read:users', 'write:keys', 'write:users']
let alice: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice', usual)
  alice = await app.jwt('alice', usual)
})
afterAll(() => app.close())

const mutate = (name: string, payload: string) => mutation(name, payload, () => app)
const create = mutate('createApiKey', 'apiKey { id } secret')
const update = mutate('updateApiKey', 'apiKey { scopes }')
const rotate = mutate('rotateApiKey', 'secret')
const expirePrevious = mutate('expirePreviousSecret', 'apiKey { id }')

const scopesOf = (answer: Awaited<ReturnType<typeof update>>) =>
  answer.body.data.updateApiKey.apiKey.scopes

async function child(of: { secret: string }, scopes: readonly string[]) {
  const { body } = await create({ name: 'child', scopes }, { as: of.secret })
  const { apiKey, secret } = body.data.createApiKey
  return { id: apiKey.id as string, secret: secret as string }
}

const held = async (as: string) =>
  (await app.ask('{ viewer { scopes } }', { as })).body.data.viewer.scopes

describe('updateApiKey(addScopes)', () => {
  it('adds scopes, which the same secret has at once', async () => {
    const key = await app.key('alice', ['read:keys'])
    expect(await held(key.secret)).toEqual(['read:keys'])
    const added = await update(
      { id: key.id, addScopes: ['read:users', 'read:keys'] },
      { as: alice },
    )
    expect(scopesOf(added)).toEqual(['read:keys', 'read:users'])
    await app.waitForChanges()
    expect(await held(key.secret)).toEqual(['read:keys', 'read:users'])
    const [event, ...others] = await app.sql`
      select details, actor_subject from latchkey.audit_events
      where target_id = ${key.id} and type = 'api_key.widened'`
    expect(others).toEqual([])
    expect(event).toEqual({
      details: { scopes: { from: ['read:keys'], to: ['read:keys', 'read:users'] } },
      actor_subject: 'alice',
    })
    const again = await update({ id: key.id, addScopes: ['read:users'] }, { as: alice })
    expect(scopesOf(again)).toEqual(['read:keys', 'read:users'])
  })

  it('needs a caller that holds each added scope', async () => {
    const { id } = await app.key('alice', ['read:keys'])
    const narrow = await app.jwt('alice', ['write:keys', 'read:keys'])
    const answer = await update({ id, addScopes: ['read:users', 'write:users'] }, { as: narrow })
    expect(errorOf(answer)).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['read:users', 'write:users'],
    })
  })

  it('needs a parent that holds each added scope now', async () => {
    const parent = await app.key('alice', ['read:users', 'write:keys'])
    const { id } = await child(parent, ['write:keys'])
    expect(scopesOf(await update({ id, addScopes: ['read:users'] }, { as: alice }))).toEqual([
      'read:users',
      'write:keys',
    ])
    expect(errorOf(await update({ id, addScopes: ['read:keys'] }, { as: alice }))).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['read:keys'],
    })
    // As the parent itself, which is an ancestor.
    await update({ id, scopes: ['write:keys'] }, { as: alice })
    expect(
      scopesOf(await update({ id, addScopes: ['read:users'] }, { as: parent.secret })),
    ).toEqual(['read:users', 'write:keys'])
  })

  it('is not for the key itself, its descendants and siblings', async () => {
    const parent = await app.key('alice', ['read:keys', 'read:users', 'write:keys'])
    const one = await child(parent, ['read:keys', 'write:keys'])
    const other = await child(parent, ['read:keys', 'write:keys'])
    const addScopes = ['read:keys']
    expect(errorOf(await update({ id: one.id, addScopes }, { as: one.secret }))).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: addScopes,
    })
    for (const id of [parent.id, other.id]) {
      expect(errorOf(await update({ id, addScopes }, { as: one.secret }))).toMatchObject({
        code: 'NOT_FOUND',
      })
    }
  })

  it('is not for other users, whatever they hold', async () => {
    await app.user('root', [...usual, 'manage:keys'])
    const root = await app.jwt('root', [...usual, 'manage:keys'])
    const { id } = await app.key('alice', ['read:keys'])
    const unknown = { id: '0'.repeat(16), addScopes: ['read:users'] }
    const answers = [
      await update({ id, addScopes: ['read:users'] }, { as: root }),
      await update(unknown, { as: root }),
    ]
    expect(answers.map(errorOf)).toEqual(Array(2).fill({ status: 200, code: 'NOT_FOUND' }))
    expect(answers[0]?.body).toEqual(answers[1]?.body)
  })

  it('waits for the end of a grace period', async () => {
    const { id } = await app.key('alice', ['read:keys', 'write:keys'])
    await rotate({ id }, { as: alice })
    const add = () => update({ id, addScopes: ['read:users'] }, { as: alice })
    expect(errorOf(await add())).toMatchObject({ code: 'CONFLICT' })
    await expirePrevious({ id }, { as: alice })
    expect(scopesOf(await add())).toContain('read:users')
  })

  it.each([
    [{ addScopes: ['manage:keys'] }],
    [{ addScopes: ['read:nothing'] }],
    [{ addScopes: [] }],
    [{ addScopes: ['read:users'], scopes: ['read:keys'] }],
  ])('with %j is refused as input', async (input) => {
    const { id } = await app.key('alice', ['read:keys'])
    expect(errorOf(await update({ id, ...input }, { as: alice }))).toEqual({
      status: 200,
      code: 'BAD_USER_INPUT',
      field: 'addScopes',
    })
  })

  it('fails for a revoked key', async () => {
    const { id } = await app.key('alice', ['read:keys'])
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    expect(errorOf(await update({ id, addScopes: ['read:users'] }, { as: alice }))).toMatchObject({
      code: 'CONFLICT',
    })
  })
})

describe('a caller that has just lost a scope', () => {
  /** Changes rows without a notification, as on a node that has not received it yet. */
  async function unnoticed(statement: string) {
    await app.sql.begin(async (sql) => {
      await sql.unsafe(
        'alter table latchkey.api_keys disable trigger user; alter table latchkey.users disable trigger user',
      )
      await sql.unsafe(statement)
      for (const table of ['api_keys', 'users']) {
        for (const { tgname, tgenabled } of triggers.filter((each) => each.table === table)) {
          const kind = tgenabled === 'A' ? 'always' : ''
          await sql.unsafe(`alter table latchkey.${table} enable ${kind} trigger ${tgname}`)
        }
      }
    })
  }
  let triggers: { table: string; tgname: string; tgenabled: string }[] = []
  beforeAll(async () => {
    triggers = await app.sql`
      select relname as table, tgname, tgenabled from pg_trigger join pg_class on pg_class.oid = tgrelid
      where not tgisinternal and relname in ('api_keys', 'users')`
  })

  it('cannot add it, though its cached principal still has it', async () => {
    const owner = await app.user('carol', usual)
    const carol = await app.jwt('carol', usual)
    const parent = await app.key('carol', ['read:users', 'read:keys', 'write:keys'])
    const { id } = await child(parent, ['write:keys'])
    const root = await app.key('carol', ['write:keys'])
    for (const as of [carol, parent.secret]) expect(await held(as)).toContain('read:users')

    const narrowed = ['read:keys', 'write:keys']
    await unnoticed(
      `update latchkey.api_keys set scopes = '{${narrowed}}', lineage_scopes = '{${narrowed}}' where id = '${parent.id}'`,
    )
    for (const as of [carol, parent.secret]) {
      expect(errorOf(await update({ id, addScopes: ['read:users'] }, { as }))).toEqual({
        status: 200,
        code: 'FORBIDDEN',
        missingScopes: ['read:users'],
      })
    }
    expect(
      errorOf(await update({ id: parent.id, addScopes: ['read:users'] }, { as: parent.secret })),
    ).toMatchObject({ code: 'FORBIDDEN' })
    const made = await create({ name: 'x', scopes: ['read:users'] }, { as: parent.secret })
    expect(errorOf(made)).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['read:users'],
    })

    await unnoticed(`update latchkey.users set scopes = '{write:keys}' where id = '${owner.id}'`)
    expect(
      errorOf(await update({ id: root.id, addScopes: ['read:users'] }, { as: carol })),
    ).toEqual({
      status: 200,
      code: 'FORBIDDEN',
      missingScopes: ['read:users'],
    })
  })
})

describe('a scope that was removed from a key', () => {
  it('is not given back to its descendants when the key gets it again', async () => {
    const parent = await app.key('alice', ['read:keys', 'read:users', 'write:keys'])
    const below = await child(parent, ['read:keys', 'read:users', 'write:keys'])
    const lowest = await child(below, ['read:users'])
    await update({ id: parent.id, scopes: ['read:keys', 'write:keys'] }, { as: alice })
    await app.waitForChanges()
    expect(await held(lowest.secret)).toEqual([])
    const { body } = await app.ask(`{ apiKey(id: "${below.id}") { scopes } }`, { as: alice })
    expect(body.data.apiKey.scopes).toEqual(['read:keys', 'write:keys'])
    await update({ id: parent.id, addScopes: ['read:users'] }, { as: alice })
    await app.waitForChanges()
    expect(await held(parent.secret)).toContain('read:users')
    expect(await held(below.secret)).toEqual(['read:keys', 'write:keys'])
    expect(await held(lowest.secret)).toEqual([])
  })

  it('and is added by a concurrent request ends in one of the two states', async () => {
    const parent = await app.key('alice', ['read:keys', 'read:users', 'write:keys'])
    const below = await child(parent, ['write:keys'])
    for (let round = 0; round < 8; round++) {
      await Promise.all([
        update({ id: parent.id, scopes: ['read:keys', 'write:keys'] }, { as: alice }),
        update({ id: below.id, addScopes: ['read:users'] }, { as: alice }),
      ])
      const [row] = await app.sql`select scopes from latchkey.api_keys where id = ${below.id}`
      expect(row?.scopes).toEqual(['write:keys'])
      await update({ id: parent.id, addScopes: ['read:users'] }, { as: alice })
    }
  })
})
