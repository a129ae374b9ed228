import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const scopes = ['read:users', 'read:keys', 'write:keys', 'write:users']
let app: TestApp
let key: { id: string; secret: string }
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  await app.user('bob')
  key = await app.key('alice', scopes)
  jwt = await app.jwt('alice', scopes)
})
afterAll(() => app.close())

describe('after the plugin, nothing distinguishes a key from a JWT', () => {
  it.each([
    ['viewer', '{ viewer { issuer subject scopes user { id subject status scopes } } }'],
    ['me', '{ me { id issuer subject email name status scopes createdAt updatedAt } }'],
    ['user', '{ user(id: "6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a") { id } }'],
    [
      'users',
      '{ users(first: 1) { edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }',
    ],
    [
      'apiKeys',
      '{ apiKeys { totalCount nodes { id name scopes effectiveScopes status start owner { id } parent { id } metadata description createdAt expiresAt rotatedAt revokedAt revokedReason } } }',
    ],
    ['apiKey', '{ apiKey(id: "0123456789abcdef") { id } }'],
    ['a scope that both lack', '{ viewer { subject } }'],
    [
      'a mutation with bad input',
      'mutation { createApiKey(input: { name: "", scopes: ["read:users"] }) { secret } }',
    ],
    [
      'a mutation that both may not',
      'mutation { setUserScopes(input: { userId: "x", scopes: [] }) { user { id } } }',
    ],
    ['a syntax error', '{ viewer '],
    ['a validation error', '{ nothing }'],
  ])('%s', async (_name, query) => {
    const [byKey, byJwt] = [
      await app.ask(query, { as: key.secret }),
      await app.ask(query, { as: jwt }),
    ]
    expect(byKey.text).toBe(byJwt.text)
    expect(byKey.status).toBe(byJwt.status)
    const headers = (answer: typeof byKey) =>
      [...answer.headers].filter(([name]) => name !== 'x-request-id')
    expect(headers(byKey)).toEqual(headers(byJwt))
  })

  it('except the fields that report the kind', async () => {
    const query = '{ viewer { credential { kind id name issuer scopes expiresAt } } }'
    expect((await app.ask(query, { as: key.secret })).body.data.viewer.credential).toEqual({
      kind: 'API_KEY',
      id: key.id,
      name: "alice's key",
      issuer: null,
      scopes: [...scopes].sort(),
      expiresAt: null,
    })
    expect((await app.ask(query, { as: jwt })).body.data.viewer.credential).toMatchObject({
      kind: 'JWT',
      name: null,
      issuer: app.issuer.issuer,
      scopes: [...scopes].sort(),
    })
  })
})
