import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { makeExecutableSchema } from '@graphql-tools/schema'
import fastify from 'fastify'
import mercurius, { type MercuriusContext } from 'mercurius'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  apolloGuardPlugin,
  guardMercurius,
  guardSchema,
  InvalidCredentialError,
} from '../../src/index.ts'

/* Batches of operations on a guarded schema, in servers that take them. All callers are anonymous. */

const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String! @public
    orders: [String!] @requiresScopes(scopes: [["read:orders"]])
  }
`
const resolvers = { Query: { hello: () => 'Hello', orders: () => ['one'] } }

interface Running {
  readonly url: string
  close(): unknown
}

function principalFrom(authorization: string | undefined): null {
  if (authorization !== undefined) throw new InvalidCredentialError()
  return null
}

async function startApollo(): Promise<Running> {
  interface Context {
    readonly authorization: string | undefined
  }
  const schema = guardSchema<Context>(makeExecutableSchema({ typeDefs, resolvers }), {
    principalOf: ({ authorization }) => principalFrom(authorization),
  })
  const apollo = new ApolloServer<Context>({
    schema,
    allowBatchedHttpRequests: true,
    plugins: [apolloGuardPlugin()],
  })
  const { url } = await startStandaloneServer(apollo, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  })
  return { url, close: () => apollo.stop() }
}

async function startMercurius(): Promise<Running> {
  const app = fastify()
  await app.register(mercurius, { schema: typeDefs, resolvers, allowBatchedQueries: true })
  guardMercurius<MercuriusContext>(app, {
    principalOf: ({ reply }) => principalFrom(reply.request.headers.authorization),
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url: `${address}/graphql`, close: () => app.close() }
}

describe.each([
  ['Apollo Server', startApollo],
  ['Mercurius', startMercurius],
])('a batch in %s', (_name, start) => {
  let running: Running
  beforeEach(async () => {
    running = await start()
  })
  afterEach(async () => {
    await running.close()
  })

  async function ask(queries: readonly string[], authorization?: string) {
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify(queries.map((query) => ({ query }))),
    })
    const results = (await response.json()) as {
      data: unknown
      errors?: { extensions: { code: string } }[]
    }[]
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      results: results.map(({ data, errors }) => errors?.[0]?.extensions.code ?? data),
    }
  }

  it.each([
    ['first', ['{ orders }', '{ hello }'], ['UNAUTHENTICATED', { hello: 'Hello' }]],
    ['last', ['{ hello }', '{ orders }'], [{ hello: 'Hello' }, 'UNAUTHENTICATED']],
  ])('keeps its status if the %s operation is denied', async (_which, queries, results) => {
    expect(await ask(queries)).toEqual({ status: 200, challenge: null, results })
  })

  it('gets the status of a credential that is not valid', async () => {
    const refused = await ask(['{ hello }', '{ orders }'], 'bad')
    expect(refused).toMatchObject({
      status: 401,
      results: ['INVALID_CREDENTIAL', 'INVALID_CREDENTIAL'],
    })
  })
})
