import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
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
import { jwtPrincipal } from '../support/principals.ts'

/* Answers of Apollo Server that no resolver of a guarded schema has produced. */

interface Context {
  /**
   * The user and the scopes; `null`: anonymous, `refused`: a credential that is not valid, `unknown`: the application
   * returns no principal, and not `null` either.
   */
  readonly caller:
    | { readonly subject: string; readonly scopes: readonly string[] }
    | null
    | 'refused'
    | 'unknown'
}

const ada = { subject: 'ada', scopes: ['read:orders'] }
const bob = { subject: 'bob', scopes: ['read:orders'] }
const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String @public
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
    signOut: String @requiresScopes(scopes: [["read:orders"]])
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
  if (caller === 'unknown') return undefined as never
  if (caller === null) return null
  return jwtPrincipal(caller.subject, caller.scopes)
}

type Options = (guardPlugin: ReturnType<typeof apolloGuardPlugin>) => object

const orders = ['guard first', 'guard last'] as const

interface Plugins {
  readonly order?: (typeof orders)[number]
  readonly others?: readonly ApolloServerPlugin<Context>[]
}

/** @param optionsOf returns the options of the cache */
async function start(optionsOf: Options, { order = 'guard first', others = [] }: Plugins = {}) {
  const schema = guardSchema(
    makeExecutableSchema<Context>({
      typeDefs,
      resolvers: {
        Query: {
          hello: () => 'Hello',
          signOut: (_root, _args, context: { caller: Context['caller'] }) => {
            context.caller = null
            return 'the last order of ada'
          },
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
  const caches: ApolloServerPlugin<Context>[] = [
    ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
    responseCache(optionsOf(guardPlugin)),
    ...others,
  ]
  apollo = new ApolloServer<Context>({
    schema,
    logger: { debug() {}, info() {}, warn: log, error: log },
    plugins: order === 'guard first' ? [guardPlugin, ...caches] : [...caches, guardPlugin],
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
  ['one session for all', () => ({ sessionId: async () => 'all' })],
  ['the session alone', ({ cacheOptions: { sessionId } }) => ({ sessionId })],
  [
    'key data of its own',
    ({ cacheOptions }) => ({ ...cacheOptions, extraCacheKeyData: async () => 'all' }),
  ],
])('a response cache whose keys lack the principal, because it has %s', (_options, optionsOf) => {
  it.each(orders)('gives nothing of one caller to another, %s', async (order) => {
    await start(optionsOf, { order })
    expect((await ask(ada)).data).toEqual({ orders: ['an order of ada'] })
    expect([{ orders: ['an order of bob'] }, undefined]).toContainEqual((await ask(bob)).data)
    for (const caller of [{ ...bob, scopes: [] }, null, 'refused'] as const) {
      expect([null, undefined]).toContain((await ask(caller)).data)
    }
  })
})

it('refuses an answer of a cache whose keys lack the principal', async () => {
  await start(() => ({ sessionId: async () => 'all' }))
  await ask(ada)
  for (const caller of [bob, null]) {
    const { status, cacheControl, data, code } = await ask(caller)
    expect({ status, cacheControl, data, code }).toEqual({
      status: 500,
      cacheControl: 'no-store',
      data: undefined,
      code: 'INTERNAL_SERVER_ERROR',
    })
    expect(logged.pop()).toContain('`cacheOptions` of `apolloGuardPlugin`')
  }
})

it('keeps nothing that another plugin adds to one refused answer for the next one', async () => {
  const found: unknown[] = []
  const numbering: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      willSendResponse: async ({ response: { body } }) => {
        if (body.kind !== 'single') return
        found.push(body.singleResult.extensions)
        body.singleResult.extensions = { answer: found.length }
      },
    }),
  }
  await start(() => ({ sessionId: async () => 'all' }), { others: [numbering] })
  for (const caller of [ada, bob, bob]) await ask(caller)
  expect(found).toEqual([undefined, undefined, undefined])
})

it('refuses an answer in parts that was not executed', async () => {
  const parts: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      responseForOperation: async ({ response: { http } }) => ({
        http,
        body: {
          kind: 'incremental',
          initialResult: { pending: [{ id: '0', path: [] }], hasNext: true },
          subsequentResults: (async function* () {
            yield { incremental: [{ id: '0', data: { hello: 'Hello' } }], hasNext: false }
          })(),
        },
      }),
    }),
  }
  await start(() => ({}), { others: [parts] })
  expect(await ask(ada)).toMatchObject({ status: 500, data: undefined })
})

it.each(orders)(
  'lets shared HTTP caches store only answers to anonymous callers, %s',
  async (order) => {
    await start(({ cacheOptions }) => ({ ...cacheOptions }), { order })
    for (let n = 0; n < 2; n++) {
      expect((await ask(null, '{ hello }')).cacheControl).toBe('max-age=60, public')
      expect((await ask(ada, '{ hello }')).cacheControl).toBe('max-age=60, private')
      expect((await ask(ada)).cacheControl).toBe('max-age=60, private')
      expect((await ask('refused')).cacheControl).toBe('no-store')
    }
    expect(executed).toBe(1)
  },
)

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
    expect((await ask('unknown', '{ hello }')).data).toEqual({ hello: null })
  })

  it('stores no answer of a caller whose scopes change before the execution', async () => {
    const narrow = { subject: 'ada', scopes: ['read:users'] }
    let reads = 0
    const widened = {
      subject: 'ada',
      get scopes() {
        reads++
        return reads === 1 ? narrow.scopes : ada.scopes
      },
    }
    expect((await ask(widened)).data).toEqual({ orders: ['an order of ada'] })
    expect(await ask(narrow)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })
})

it('answers that were executed are never refused, whatever `data` they have', async () => {
  await start(({ cacheOptions }) => ({ ...cacheOptions }))
  expect((await ask(null, '{ __typename }')).data).toEqual({ __typename: 'Query' })
  expect((await ask(ada)).data).toEqual({ orders: ['an order of ada'] })
  expect(logged).toEqual([])
})

it('lets no cache store the answer to a caller who signs out during the execution', async () => {
  await start(() => ({}))
  const { data, cacheControl } = await ask(ada, '{ signOut }')
  expect({ data, cacheControl }).toEqual({
    data: { signOut: 'the last order of ada' },
    cacheControl: 'no-store',
  })
})
