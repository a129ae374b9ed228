import { createSchema, createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/* An empty operation name counts as none, in an application's own Yoga too. */

let issuer: TestIssuer
let authenticator: ClosableAuthenticator
let ask: (body: object) => Promise<{ status: number; data: unknown; code: unknown }>

beforeAll(async () => {
  issuer = await startIssuer()
  authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: /* GraphQL */ `
        directive @public on FIELD_DEFINITION
        directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
        type Query {
          hello: String @public
          secrets: String @requiresScopes(scopes: [["read:secrets"]])
        }
      `,
      resolvers: { Query: { hello: () => 'Hello', secrets: () => 'secret' } },
    }),
    plugins: [usePrincipal({ authenticator })],
    logging: false,
  })
  const authorization = `Bearer ${await issuer.sign({ sub: 'alice', aud: testAudience })}`
  ask = async (body) => {
    const response = await yoga.fetch('http://app.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(body),
    })
    const { data, errors } = await response.json()
    return { status: response.status, data, code: errors?.[0].extensions.code }
  }
})
afterAll(async () => {
  await authenticator.close()
  await issuer.close()
})

it.each(['', null, undefined])('%j runs the only operation', async (operationName) => {
  expect(await ask({ query: '{ hello }', operationName })).toMatchObject({
    status: 200,
    data: { hello: 'Hello' },
  })
  expect(await ask({ query: 'query A { hello }', operationName })).toMatchObject({
    data: { hello: 'Hello' },
  })
})

it.each(['', null, undefined])('%j is decided like any operation', async (operationName) => {
  expect(await ask({ query: '{ secrets }', operationName })).toMatchObject({
    status: 403,
    code: 'FORBIDDEN',
  })
})
