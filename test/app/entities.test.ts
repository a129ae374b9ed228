import { graphql } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import type { Principal } from '../../src/principal.ts'
import { createSchema } from '../../src/schema/index.ts'
import { principalWith } from '../pothos/example.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let id: string
let readers: string[]
let others: string[]

beforeAll(async () => {
  app = await createTestApp()
  id = (await app.user('alice')).id
  readers = [
    (await app.key('alice', ['read:users'])).secret,
    await app.jwt('alice', ['read:users']),
  ]
  others = [(await app.key('alice', ['read:keys'])).secret, await app.jwt('alice', ['read:keys'])]
})
afterAll(() => app.close())

const entities = /* GraphQL */ `
  query ($representations: [_Any!]!) {
    _entities(representations: $representations) { __typename ... on User { id subject } }
  }
`
const ask = (representations: readonly unknown[], as?: string) =>
  app.ask(entities, { variables: { representations }, ...(as !== undefined && { as }) })

describe('_entities', () => {
  it('returns users in the order of the representations, null for missing ones', async () => {
    const missingId = '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a'
    for (const as of readers) {
      const { body } = await ask(
        [
          { __typename: 'User', id: missingId },
          { __typename: 'User', id },
        ],
        as,
      )
      expect(body).toEqual({
        data: { _entities: [null, { __typename: 'User', id, subject: 'alice' }] },
      })
    }
  })

  it('requires read:users for the whole operation', async () => {
    for (const as of others) {
      const { status, body } = await ask([{ __typename: 'User', id }], as)
      expect(status).toBe(403)
      expect(body.data).toBeUndefined()
      expect(body.errors[0].extensions).toMatchObject({
        code: 'FORBIDDEN',
        missingScopes: ['read:users'],
        fields: [{ coordinate: 'Query._entities', paths: [['_entities']] }],
      })
    }
    expect((await ask([{ __typename: 'User', id }])).status).toBe(401)
  })

  it('requires read:users at the field too, if no decision was made before', async () => {
    const run = (principal: Principal | null) =>
      graphql({
        schema: createSchema(),
        source: entities,
        variableValues: { representations: [{ __typename: 'User', id }] },
        contextValue: {
          principal,
          loaders: { user: { load: async () => ({ id, subject: 'a' }) } },
        },
      })
    expect((await run(principalWith('read:users'))).errors).toBeUndefined()
    const refused = await run(principalWith('read:keys'))
    expect(refused.data).toBeNull()
    expect(refused.errors?.[0]?.originalError).toBeInstanceOf(InsufficientScopeError)
    expect((await run(null)).errors?.[0]?.originalError).toBeInstanceOf(UnauthenticatedError)
  })

  it.each([
    ['another type', { __typename: 'ApiKey', id: 'a' }],
    ['no type', { id: 'a' }],
    ['no id', { __typename: 'User' }],
    ['an id that is not a string', { __typename: 'User', id: { $ne: null } }],
    ['no object', 'User'],
  ])('refuses %s', async (_name, representation) => {
    const { body } = await ask([representation], readers[0])
    expect(body.data).toBeNull()
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'representations' })
  })

  it('refuses more than a thousand at once', async () => {
    const many = Array.from({ length: 1001 }, () => ({ __typename: 'User', id }))
    expect((await ask(many, readers[0])).body.errors[0].message).toMatch(/at most 1000/)
  })
})
