import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import { makeExecutableSchema } from '@graphql-tools/schema'
import express from 'express'
import fastify from 'fastify'
import { GraphQLSchema, graphql } from 'graphql'
import { createHandler } from 'graphql-http/lib/use/http'
import { createYoga } from 'graphql-yoga'
import mercurius, { type MercuriusContext } from 'mercurius'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  apolloGuardPlugin,
  graphqlHttpOptions,
  guardMercurius,
  guardSchema,
  InvalidCredentialError,
  NotFoundError,
  type Principal,
} from '../../src/index.ts'
import { fieldError } from '../../src/yoga/graphql-errors.ts'
import { jwtPrincipal } from '../support/principals.ts'

/* guardSchema in the servers that applications use, over HTTP. */

const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String @public
    fails: String @public
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
    me: String @authenticated
  }
  type Mutation { drop: String @authenticated }
`
const calls: string[] = []
const resolvers = {
  Query: {
    hello: () => 'Hello',
    fails: () => {
      throw new NotFoundError('user')
    },
    orders: () => {
      calls.push('orders')
      return ['one']
    },
    me: () => 'me',
  },
  Mutation: { drop: () => 'dropped' },
}
const newSchema = () => makeExecutableSchema({ typeDefs, resolvers })

interface Sent {
  readonly headers: Record<string, unknown>
}

/** Reads the scopes that the test sends in the place of a credential. */
function principalFrom({ headers }: Sent): Principal | null {
  const { authorization } = headers
  if (authorization === undefined) return null
  if (authorization === 'bad') throw new InvalidCredentialError()
  return jwtPrincipal('ada', String(authorization).split(' '))
}

interface Running {
  readonly url: string
  close(): unknown
}

async function listening(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/graphql`, close: () => server.close() }
}

/** @param context the function that makes the context of Apollo Server */
async function startApollo(
  context: (made: { req: Sent }) => Promise<{ req: Sent }> = async ({ req }) => ({ req }),
): Promise<Running> {
  const schema = guardSchema(newSchema(), {
    principalOf: ({ req }: { req: Sent }) => principalFrom(req),
  })
  const apollo = new ApolloServer<{ req: Sent }>({ schema, plugins: [apolloGuardPlugin()] })
  await apollo.start()
  const app = express()
  app.use('/graphql', express.json(), expressMiddleware(apollo, { context }))
  const running = await listening(createServer(app))
  return { ...running, close: () => Promise.all([running.close(), apollo.stop()]) }
}

async function startMercurius(jit: number): Promise<Running> {
  const app = fastify()
  await app.register(mercurius, { schema: typeDefs, resolvers, jit })
  guardMercurius(app, {
    principalOf: ({ reply }: MercuriusContext) => principalFrom(reply.request),
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url: `${address}/graphql`, close: () => app.close() }
}

function startGraphQLHttp(): Promise<Running> {
  const schema = guardSchema(newSchema(), {
    principalOf: (context: Sent) => principalFrom(context),
  })
  const handler = createHandler({
    ...graphqlHttpOptions(schema),
    context: ({ raw }) => ({ headers: raw.headers }),
  })
  return listening(createServer(handler))
}

const servers: Readonly<Record<string, () => Promise<Running>>> = {
  'Apollo Server': () => startApollo(),
  Mercurius: () => startMercurius(0),
  'Mercurius with jit': () => startMercurius(1),
  'graphql-http': startGraphQLHttp,
}

describe.each(Object.entries(servers))('%s', (_name, start) => {
  let running: Running
  beforeAll(async () => {
    running = await start()
  })
  afterAll(async () => {
    await running.close()
  })

  async function ask(query: string, authorization?: string) {
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify({ query }),
    })
    const { data, errors } = (await response.json()) as {
      data: unknown
      errors?: { message: string; extensions?: { code: string; http?: unknown } }[]
    }
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      data,
      errors,
    }
  }

  it('answers with the status, the challenge and the code of a denial', async () => {
    // Mercurius compiles a document when it has run it once.
    for (let n = 0; n < 3; n += 1) {
      calls.length = 0
      const denied = await ask('{ hello orders }', 'read:users')
      expect(denied).toMatchObject({
        status: 403,
        challenge: 'Bearer realm="latchkey", error="insufficient_scope", scope="read:orders"',
      })
      expect(denied.data).toBeNull()
      expect(denied.errors?.[0]).toMatchObject({
        message: 'This needs scope `read:orders`, which you do not hold.',
        extensions: {
          code: 'FORBIDDEN',
          requiredScopes: [['read:orders']],
          missingScopes: ['read:orders'],
          fields: [{ coordinate: 'Query.orders', paths: [['orders']] }],
        },
      })
      expect(denied.errors?.[0]?.extensions?.http).toBeUndefined()
      expect(calls).toEqual([])
      const anonymous = await ask('{ hello orders }')
      expect(anonymous).toMatchObject({ status: 401, challenge: 'Bearer realm="latchkey"' })
      expect(anonymous.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
      expect(await ask('mutation { drop }')).toMatchObject({ status: 401, data: { drop: null } })
      expect(await ask('{ hello }', 'bad')).toMatchObject({
        status: 401,
        data: { hello: null },
        errors: [{ extensions: { code: 'INVALID_CREDENTIAL' } }],
      })
      expect(await ask('{ hello orders }', 'read:orders')).toEqual({
        status: 200,
        challenge: null,
        data: { hello: 'Hello', orders: ['one'] },
        errors: undefined,
      })
      expect(await ask('{ hello }')).toMatchObject({ status: 200, data: { hello: 'Hello' } })
    }
  })

  it('keeps the code of an error that a resolver throws, with its own status', async () => {
    for (let n = 0; n < 3; n += 1) {
      expect(await ask('{ fails }')).toMatchObject({
        status: 200,
        data: { fails: null },
        errors: [{ extensions: { code: 'NOT_FOUND' } }],
      })
    }
  })

  it('decides many requests at once, each by its own caller', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => ask('{ me orders }', n % 2 ? 'read:orders' : 'other')),
    )
    answers.forEach(({ status }, n) => {
      expect(status).toBe(n % 2 ? 200 : 403)
    })
  })
})

describe('the function `context` of Apollo Server', () => {
  const revoked = new InvalidCredentialError('The API key was revoked.')
  let failure: Error
  let running: Running
  beforeAll(async () => {
    running = await startApollo(() => Promise.reject(failure))
  })
  afterAll(async () => {
    await running.close()
  })

  async function ask() {
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ hello }"}',
    })
    const { errors } = (await response.json()) as {
      errors: { extensions: { code: string; http?: unknown } }[]
    }
    const challenge = response.headers.get('www-authenticate')
    return { status: response.status, challenge, extensions: errors[0]?.extensions }
  }

  it('refuses a credential with its status and challenge, each time the same error is thrown', async () => {
    failure = revoked
    for (let n = 0; n < 2; n += 1) {
      const { status, challenge, extensions } = await ask()
      expect({ status, challenge }).toEqual({
        status: 401,
        challenge:
          'Bearer realm="latchkey", error="invalid_token", error_description="The API key was revoked."',
      })
      expect(extensions).toMatchObject({ code: 'INVALID_CREDENTIAL' })
      expect(extensions).not.toHaveProperty('http')
    }
  })

  it('leaves nothing of Apollo Server in the error that other servers show', async () => {
    failure = revoked
    await ask()
    const principalOf = (): Principal | null => {
      throw revoked
    }
    const schema = guardSchema(newSchema(), { principalOf })
    const { errors } = await graphql({ schema, source: '{ hello }' })
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIAL' })
    expect(fieldError(revoked).extensions).toEqual({ code: 'INVALID_CREDENTIAL' })
  })

  it('keeps the status 500 of any other error', async () => {
    failure = new Error('a fault of the application')
    expect(await ask()).toMatchObject({ status: 500, challenge: null })
  })
})

describe('a plugin of Apollo Server that sets 200 for each operation that was executed', () => {
  // The module of NestJS adds this one behind those of the application.
  const reset: ApolloServerPlugin<Sent> = {
    async requestDidStart() {
      return {
        async willSendResponse({ response: { body, http } }) {
          if (body.kind === 'single' && 'data' in body.singleResult) http.status = 200
        },
      }
    },
  }
  const replace: ApolloServerPlugin<Sent> = {
    async requestDidStart() {
      return {
        async willSendResponse({ response }) {
          response.http = { status: 200, headers: response.http.headers }
        },
      }
    },
  }

  const renew: ApolloServerPlugin<Sent> = {
    async requestDidStart() {
      return {
        async willSendResponse({ response }) {
          response.http = { status: 200, headers: new HeaderMap() }
        },
      }
    },
  }

  it.each([
    { does: 'sets it', plugin: reset, at: 'before' },
    { does: 'sets it', plugin: reset, at: 'behind' },
    { does: 'replaces the head', plugin: replace, at: 'behind' },
    { does: 'replaces the head and its headers', plugin: renew, at: 'behind' },
  ])('leaves the status of a denial if it $does, $at that of the guard', async ({ plugin, at }) => {
    const schema = guardSchema(newSchema(), { principalOf: principalFrom })
    const guard = apolloGuardPlugin()
    const plugins = at === 'before' ? [plugin, guard] : [guard, plugin]
    const apollo = new ApolloServer<Sent>({ schema, plugins })
    const ask = async (query: string, headers: Sent['headers']) => {
      const { http } = await apollo.executeOperation({ query }, { contextValue: { headers } })
      return [http.status, http.headers.get('www-authenticate')?.split(' ')[0]]
    }
    expect(await ask('{ orders }', {})).toEqual([401, 'Bearer'])
    expect(await ask('{ hello }', { authorization: 'bad' })).toEqual([401, 'Bearer'])
    expect(await ask('{ orders }', { authorization: 'other' })).toEqual([403, 'Bearer'])
    expect(await ask('{ orders fails }', { authorization: 'read:orders' })).toEqual([
      200,
      undefined,
    ])
    await apollo.stop()
  })
})

describe('a schema that is not guarded, or replaced later', () => {
  it('does not start Apollo Server with the plugin', async () => {
    const apollo = new ApolloServer({ schema: newSchema(), plugins: [apolloGuardPlugin()] })
    await expect(apollo.start()).rejects.toThrow('not guarded')
  })

  it('does not start graphql-http with the options', () => {
    expect(() => graphqlHttpOptions(newSchema())).toThrow('not guarded')
  })

  it('is guarded in Mercurius, with its loaders and resolvers', async () => {
    const app = fastify()
    await app.register(mercurius, { schema: typeDefs, resolvers, subscription: true })
    expect(() => guardMercurius({} as never, { principalOf: () => null })).toThrow(
      'after `await app.register(mercurius',
    )
    guardMercurius(app, { principalOf: () => null })
    const code = async () => {
      const { errors } = await app.graphql('{ me }', {})
      return errors?.[0]?.extensions.code
    }
    expect(await code()).toBe('UNAUTHENTICATED')
    app.graphql.defineLoaders({ Query: { me: async (queries) => queries.map(() => 'loaded') } })
    expect(await code()).toBe('UNAUTHENTICATED')
    app.graphql.defineResolvers({ Query: { me: () => 'replaced' } })
    expect(await code()).toBe('UNAUTHENTICATED')
    app.graphql.replaceSchema(newSchema())
    expect(await code()).toBe('UNAUTHENTICATED')
    const open = makeExecutableSchema({ typeDefs: 'type Query { me: String }' })
    expect(() => app.graphql.replaceSchema(open)).toThrow('Query.me does not declare')
    expect(await code()).toBe('UNAUTHENTICATED')
    expect(() => app.graphql.extendSchema('extend type Query { more: String }')).toThrow(
      'cannot be extended',
    )
    await app.close()
  })

  it('is decided in Yoga too', async () => {
    const schema = guardSchema(newSchema(), { principalOf: () => null })
    expect(schema).toBeInstanceOf(GraphQLSchema)
    const yoga = createYoga({ schema, logging: false })
    const response = await yoga.fetch('http://yoga.test/graphql?query={me}')
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })
})
