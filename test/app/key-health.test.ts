import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let alice: string
let admin: string
let aliceId: string

const counts = '{ findings { kind count keys { totalCount nodes { name owner { subject } } } } }'

beforeAll(async () => {
  app = await createTestApp()
  alice = await app.jwt('alice', ['read:keys', 'write:keys', 'read:users'])
  const administrative = ['read:keys', 'read:users', 'manage:keys', 'write:users']
  await app.user('root', administrative)
  admin = await app.jwt('root', administrative)
  aliceId = (await app.ask('{ me { id } }', { as: alice })).body.data.me.id
  for (const [as, name] of [
    [alice, 'lasting'],
    [alice, 'another'],
  ] as const) {
    const { body } = await app.ask(
      `mutation { createApiKey(input: { name: "${name}", scopes: ["read:keys"] }) { apiKey { id } } }`,
      { as },
    )
    expect(body.errors).toBeUndefined()
  }
})
afterAll(() => app.close())

interface Finding {
  readonly kind: string
  readonly count: number
  readonly keys: { readonly totalCount: number; readonly nodes: readonly { name: string }[] }
}

async function health(as: string, args = '') {
  const { body } = await app.ask(`{ keyHealth${args} ${counts} }`, { as })
  expect(body.errors).toBeUndefined()
  return body.data.keyHealth.findings as readonly Finding[]
}

const namesOf = (findings: readonly Finding[], kind: string) =>
  findings.find((finding) => finding.kind === kind)?.keys.nodes.map(({ name }) => name)

describe('the health of keys', () => {
  it('is that of the keys of the caller', async () => {
    const findings = await health(alice)
    expect(findings).toHaveLength(6)
    expect(namesOf(findings, 'NEVER_EXPIRES')).toEqual(['another', 'lasting'])
    for (const { kind, count, keys } of findings) {
      expect(count).toBe(kind === 'NEVER_EXPIRES' ? 2 : 0)
      expect(keys.totalCount).toBe(count)
    }
  })

  it('of another user is empty without the scopes to read its keys', async () => {
    const ofAlice = `(ownerId: "${aliceId}")`
    expect(namesOf(await health(admin, ofAlice), 'NEVER_EXPIRES')).toHaveLength(2)
    const bob = await app.jwt('bob', ['read:keys', 'read:users'])
    expect(namesOf(await health(bob, ofAlice), 'NEVER_EXPIRES')).toEqual([])
  })

  it('of all users is denied without the scopes to read their keys', async () => {
    expect(namesOf(await health(admin, '(allUsers: true)'), 'NEVER_EXPIRES')).toHaveLength(2)
    const query = 'query ($all: Boolean) { keyHealth(allUsers: $all) { findings { count } } }'
    const denied = await app.ask(query, { as: alice, variables: { all: true } })
    expect(denied.status).toBe(403)
    expect(denied.body.errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['manage:keys'],
    })
    const own = await app.ask(query, { as: alice, variables: { all: false } })
    expect(own.status).toBe(200)
  })

  it('requires the scopes of its arguments only', async () => {
    const required = async (document: string) =>
      (
        await app.ask(
          'query ($document: String!) { requiredScopes(document: $document) { scopes } }',
          {
            variables: { document },
          },
        )
      ).body.data.requiredScopes.scopes
    expect(await required('{ keyHealth { findings { count } } }')).toEqual([['read:keys']])
    expect(await required('{ keyHealth(allUsers: true) { findings { count } } }')).toEqual([
      ['manage:keys', 'read:keys', 'read:users'],
    ])
  })

  it('is not both of one user and of all', async () => {
    const { body } = await app.ask(
      `{ keyHealth(ownerId: "${aliceId}", allUsers: true) { findings { count } } }`,
      { as: admin },
    )
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'allUsers' })
  })

  it('lists the keys of one finding in pages', async () => {
    const names: string[] = []
    let after: string | null = null
    for (let n = 0; n < 2; n++) {
      const { body } = await app.ask(
        `query ($after: String) {
          keyHealth {
            findings(kinds: [NEVER_EXPIRES, NEVER_EXPIRES]) {
              keys(first: 1, after: $after) { nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } }
            }
          }
        }`,
        { as: alice, variables: { after } },
      )
      const [finding, ...others] = body.data.keyHealth.findings
      expect(others).toEqual([])
      names.push(finding.keys.nodes[0].name)
      expect(finding.keys.pageInfo).toMatchObject({
        hasNextPage: n === 0,
        hasPreviousPage: n === 1,
      })
      after = finding.keys.pageInfo.endCursor
    }
    expect(names).toEqual(['another', 'lasting'])
  })

  it('lists the keys of suspended users in pages', async () => {
    const suspend = `mutation { suspendUser(input: { id: "${aliceId}" }) { user { status } } }`
    expect((await app.ask(suspend, { as: admin })).body.errors).toBeUndefined()
    const query = `query ($after: String) { keyHealth(allUsers: true) { findings(kinds: OWNER_SUSPENDED) {
      count keys(first: 1, after: $after) { nodes { name } pageInfo { endCursor } } } } }`
    const first = (await app.ask(query, { as: admin })).body.data.keyHealth.findings[0]
    expect(first.count).toBe(2)
    const variables = { after: first.keys.pageInfo.endCursor }
    const second = (await app.ask(query, { as: admin, variables })).body.data.keyHealth.findings[0]
    const names = [...first.keys.nodes, ...second.keys.nodes].map(({ name }) => name)
    expect(names.sort()).toEqual(['another', 'lasting'])
    // The cursor of one list is not one of another.
    const wrong = await app.ask(query.replace('OWNER_SUSPENDED', 'IDLE'), { as: admin, variables })
    expect(wrong.body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after' })
  })
})
