import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type GraphQLAnswer, type TestApp } from '../support/app.ts'

/*
 * Two concurrent mutations on the same user and lineage of keys: each has read its data before the other
 * changes it. The result is always a payload or an error with a code, never an unexpected error.
 */

let app: TestApp
let admin: string
let sql: postgres.Sql
const pairsAtOnce = 2

const all = ['read:users', 'write:users', 'read:keys', 'write:keys', 'manage:keys', 'write:grants']
const owned = ['read:users', 'read:keys', 'write:keys']

beforeAll(async () => {
  app = await createTestApp(
    { AUTH_FAILURES_PER_MINUTE: '0', KEY_MAX_PER_USER: '4' },
    // At the start of a second, signing out does not wait for the next second.
    { now: () => Math.ceil(Date.now() / 1000) * 1000 },
  )
  await app.user('admin', all)
  admin = await app.jwt('admin', all)
  sql = postgres(app.databaseUrl, { max: 2 * pairsAtOnce, onnotice: () => {} })
})
afterAll(async () => {
  await sql.end()
  await app.close()
})

/** A user with a key and its child key, and the credentials of all. */
interface Lineage {
  readonly subject: string
  readonly userId: string
  readonly jwt: string
  readonly parent: { readonly id: string; readonly secret: string }
  readonly child: { readonly id: string; readonly secret: string }
}

let families = 0

async function createLineage(): Promise<Lineage> {
  const subject = `owner-${families++}`
  const { id: userId } = await app.user(subject, [...owned])
  const jwt = await app.jwt(subject, owned)
  const parent = await app.key(subject, owned)
  const made = await app.ask(create, {
    as: parent.secret,
    variables: { input: { name: 'child', scopes: owned } },
  })
  const { apiKey, secret } = made.body.data.createApiKey
  return { subject, userId, jwt, parent, child: { id: apiKey.id, secret } }
}

const create =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } secret } }'

type Mutation = (lineage: Lineage) => Promise<GraphQLAnswer>

/** @param selection fields that every caller may read */
const named =
  (
    field: string,
    selection: string,
    credential: (lineage: Lineage) => string,
    input: (lineage: Lineage) => object,
  ): Mutation =>
  (lineage) =>
    app.ask(
      `mutation ($input: ${field[0]?.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${selection} } }`,
      { as: credential(lineage), variables: { input: input(lineage) } },
    )

const owner = ({ jwt }: Lineage) => jwt
const administrator = () => admin
const parentKey = ({ parent }: Lineage) => parent.secret
const childKey = ({ child }: Lineage) => child.secret
const user = 'user { id status }'
const key = 'apiKey { id scopes status }'

const mutations: Readonly<Record<string, Mutation>> = {
  'make a key': named('createApiKey', key, owner, () => ({ name: 'another', scopes: owned })),
  'make a key with the parent': named('createApiKey', key, parentKey, () => ({
    name: 'another child',
    scopes: ['read:keys'],
  })),
  'narrow the parent to one scope': named('updateApiKey', key, owner, ({ parent }) => ({
    id: parent.id,
    scopes: ['read:users'],
  })),
  'narrow the parent to another scope': named('updateApiKey', key, administrator, ({ parent }) => ({
    id: parent.id,
    scopes: ['read:keys'],
  })),
  'narrow the child to one scope': named('updateApiKey', key, childKey, ({ child }) => ({
    id: child.id,
    scopes: ['write:keys'],
  })),
  'rename the parent': named('updateApiKey', key, owner, ({ parent }) => ({
    id: parent.id,
    name: 'renamed',
    metadata: { renamed: true },
  })),
  'rotate the parent': named('rotateApiKey', key, owner, ({ parent }) => ({ id: parent.id })),
  'rotate the parent by force': named('rotateApiKey', key, parentKey, ({ parent }) => ({
    id: parent.id,
    force: true,
    gracePeriodSeconds: 0,
  })),
  'rotate the child': named('rotateApiKey', key, childKey, ({ child }) => ({ id: child.id })),
  "end the parent's grace period": named('expirePreviousSecret', key, owner, ({ parent }) => ({
    id: parent.id,
  })),
  'revoke the parent': named('revokeApiKey', key, owner, ({ parent }) => ({ id: parent.id })),
  'revoke the child': named('revokeApiKey', key, administrator, ({ child }) => ({
    id: child.id,
    reason: 'gone',
  })),
  'revoke all keys': named('revokeAllApiKeys', 'revokedCount', administrator, ({ userId }) => ({
    ownerId: userId,
  })),
  'suspend the user': named('suspendUser', user, administrator, ({ userId }) => ({ id: userId })),
  'reactivate the user': named('reactivateUser', user, administrator, ({ userId }) => ({
    id: userId,
  })),
  'rename the user': named('updateUser', user, administrator, ({ userId }) => ({
    id: userId,
    name: 'renamed',
  })),
  'take scopes from the user': named('setUserScopes', user, administrator, ({ userId }) => ({
    userId,
    scopes: ['write:keys'],
  })),
  'delete the user': named('deleteUser', 'deletedUserId', administrator, ({ userId }) => ({
    id: userId,
    force: true,
  })),
  'make the user': named('createUser', user, administrator, ({ subject }) => ({
    subject,
    scopes: ['read:keys'],
  })),
  'sign out': ({ jwt }) => app.ask('mutation { signOutEverywhere { at } }', { as: jwt }),
}

const codes = [
  undefined,
  'CONFLICT',
  'NOT_FOUND',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'INVALID_CREDENTIAL',
]

/** Starts each mutation after the previous one waits for the rows or is done, then releases the rows. */
async function atOnce(...concurrent: readonly Mutation[]): Promise<readonly GraphQLAnswer[]> {
  const of = await createLineage()
  const holder = await sql.reserve()
  try {
    await holder`begin`
    // A stronger lock also stops foreign keys of recorded uses, which may hold another key of the same owner.
    await holder`select from latchkey.users where id = ${of.userId} for no key update`
    await holder`select from latchkey.api_keys where owner_id = ${of.userId} for no key update`
    const [row] = await holder`select pg_backend_pid() as pid`
    const answers: Promise<GraphQLAnswer>[] = []
    let settled = 0
    const settle = () => {
      settled += 1
    }
    for (const mutation of concurrent) {
      const answer = mutation(of)
      answer.then(settle, settle)
      answers.push(answer)
      while (settled + (await waitersFor(row?.pid)) < answers.length) await pause(2)
    }
    await holder`commit`
    return await Promise.all(answers)
  } catch (error) {
    // Another pair uses the connection next.
    await holder`rollback`
    throw error
  } finally {
    holder.release()
  }
}

/** Counts the waiting sessions, including those that wait behind another one. */
async function waitersFor(holder: number): Promise<number> {
  const [row] = await sql`
    with recursive stopped (pid) as (
      select ${holder}::int
      union
      select activity.pid from stopped
      join pg_stat_activity activity
        on activity.wait_event_type = 'Lock' and stopped.pid = any (pg_blocking_pids(activity.pid))
    )
    select count(*)::int - 1 as count from stopped`
  return row?.count
}

const names = Object.keys(mutations)

describe('neither of two concurrent mutations fails', () => {
  it.each(names)('where one is to %s', async (first) => {
    // The pairs with earlier mutations are already tested.
    const left = names.slice(names.indexOf(first))
    const failed: unknown[] = []
    async function work(): Promise<void> {
      for (let second = left.shift(); second !== undefined; second = left.shift()) {
        const answers = await atOnce(mutations[first] as Mutation, mutations[second] as Mutation)
        for (const { status, body } of answers) {
          const code = body.errors?.[0].extensions.code
          if (status >= 500 || !codes.includes(code)) failed.push({ second, status, body })
        }
      }
    }
    await Promise.all(Array.from({ length: pairsAtOnce }, work))
    expect(failed).toEqual([])
  })
})

it('the second of two narrowings to disjoint scopes gets CONFLICT', async () => {
  const answers = await atOnce(
    mutations['narrow the parent to one scope'] as Mutation,
    mutations['narrow the parent to another scope'] as Mutation,
  )
  expect(answers.map(({ body }) => body.errors?.[0].extensions.code)).toEqual([
    undefined,
    'CONFLICT',
  ])
  expect(answers[0]?.body.data.updateApiKey.apiKey.scopes).toEqual(['read:users'])
})
