import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import responseCache from '@apollo/server-plugin-response-cache'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  apolloGuardPlugin,
  guardSchema,
  InvalidCredentialError,
  type Principal,
} from '../../src/index.ts'

/* Answers of Apollo Server that no resolver of a guarded schema has produced. */

interface Context {
  /** The user and the scopes; `null`: anonymous, `refused`: a credential that is not valid. */
  readonly caller:
    | { readonly subject: string; readonly scopes: readonly string[] }
    | null
    | 'refused'
}

const ada = { subject: 'ada', scopes: ['read:orders'] }
const bob = { subject: 'bob', scopes: ['read:orders'] }
const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String @public
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
  }
`

let executed = 0
let logged: string[] = []
let apollo: ApolloServer<Context>
beforeEach(() => {
  executed = 0
  logged = []
})
afterEach(() => apollo.stop())

function principalOf({ caller }: Context): Principal | null {
  if (caller === 'refused') throw new InvalidCredentialError()
  if (caller === null) return null
  const { subject, scopes } = caller
  return {
    issuer: 'https://issuer.example',
    subject,
    userId: subject,
    scopes: new Set(scopes),
    credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes, expiresAt: null },
  }
}

type Options = (guardPlugin: ReturnType<typeof apolloGuardPlugin>) => object

/** @param optionsOf returns the options of the cache */
async function start(optionsOf: Options) {
  const schema = guardSchema(
    makeExecutableSchema<Context>({
      typeDefs,
      resolvers: {
        Query: {
          hello: () => 'Hello',
          orders: (_root, _args, context) => {
            executed++
            return [`an order of ${principalOf(context)?.subject}`]
          },
        },
      },
    }),
    { principalOf },
  )
  const guardPlugin = apolloGuardPlugin()
  const log = (message: unknown) => {
    logged.push(String(message))
  }
  apollo = new ApolloServer<Context>({
    schema,
    logger: { debug() {}, info() {}, warn: log, error: log },
    plugins: [
      guardPlugin,
      ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
      responseCache(optionsOf(guardPlugin)),
    ],
  })
  await apollo.start()
}

async function ask(caller: Context['caller'], query = '{ orders }') {
  const { body, http } = await apollo.executeOperation({ query }, { contextValue: { caller } })
  if (body.kind !== 'single') throw new Error('The answer has parts.')
  const { data, errors } = body.singleResult
  return {
    status: http.status,
    cacheControl: http.headers.get('cache-control'),
    data,
    code: errors?.[0]?.extensions?.code,
  }
}

describe.each<[string, Options]>([
  ['no options', () => ({})],
  ['the session alone', ({ cacheOptions: { sessionId } }) => ({ sessionId })],
  [
    'key data of its own',
    ({ cacheOptions }) => ({ ...cacheOptions, extraCacheKeyData: async () => 'all' }),
  ],
])('a response cache whose keys lack the principal, because it has %s', (_options, optionsOf) => {
  it('gives nothing of one caller to another user', async () => {
    await start(optionsOf)
    expect((await ask(ada)).data).toEqual({ orders: ['an order of ada'] })
    const { status, cacheControl, data, code } = await ask(bob)
    expect({ status, cacheControl, data, code }).toEqual({
      status: 500,
      cacheControl: 'no-store',
      data: undefined,
      code: 'INTERNAL_SERVER_ERROR',
    })
    expect(logged).toEqual([expect.stringContaining('`cacheOptions` of `apolloGuardPlugin`')])
  })
})

it('gives nothing of a caller to an anonymous one, without the options', async () => {
  await start(() => ({}))
  await ask(ada)
  expect(await ask(null)).toMatchObject({ status: 500, data: undefined })
})

describe('a response cache with `cacheOptions`', () => {
  beforeEach(() => start(({ cacheOptions }) => ({ ...cacheOptions })))

  it('answers the same caller from the cache, and no other one', async () => {
    for (let n = 0; n < 2; n++) {
      expect((await ask(ada)).data).toEqual({ orders: ['an order of ada'] })
      expect((await ask(bob)).data).toEqual({ orders: ['an order of bob'] })
    }
    expect(executed).toBe(2)
    expect(logged).toEqual([])
  })

  it('answers nothing from the cache that the caller may no longer read', async () => {
    await ask(ada)
    const narrowed = { ...ada, scopes: ['read:users'] }
    expect(await ask(narrowed)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(await ask(null)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect(await ask('refused')).toMatchObject({ status: 401, code: 'INVALID_CREDENTIAL' })
  })

  it('refuses a credential that is not valid, also for an answer that everyone may get', async () => {
    for (let n = 0; n < 2; n++) {
      expect((await ask(null, '{ hello }')).data).toEqual({ hello: 'Hello' })
    }
    expect(await ask('refused', '{ hello }')).toMatchObject({ code: 'INVALID_CREDENTIAL' })
  })
})

it('answers that were executed are never refused, whatever `data` they have', async () => {
  await start(() => ({}))
  expect((await ask(null, '{ __typename }')).data).toEqual({ __typename: 'Query' })
  expect((await ask(ada)).data).toEqual({ orders: ['an order of ada'] })
  expect(logged).toEqual([])
})
