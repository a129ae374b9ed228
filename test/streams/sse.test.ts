import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { useGraphQLSSE } from '@graphql-yoga/plugin-graphql-sse'
import { createClient } from 'graphql-sse'
import { createHandler } from 'graphql-sse/lib/use/http'
import { createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createGuard,
  graphqlSseOptions,
  guardSchema,
  operator,
  type Principal,
  usePrincipal,
} from '../../src/index.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'
import { resolversFor, typeDefs } from './servers.ts'

/* Operations over Server-Sent Events by graphql-sse, in both of its modes. */

let instance: TestInstance
beforeAll(async () => {
  instance = await createTestInstance()
})
afterAll(async () => {
  await instance.close()
})

type Listener = Parameters<typeof createServer>[1]

function yogaListener(order: 'first' | 'last'): Listener {
  const principal = usePrincipal({ authenticator: instance.authenticator })
  const sse = useGraphQLSSE()
  return createYoga<{ principal: Principal | null }>({
    schema: makeExecutableSchema({
      typeDefs,
      resolvers: resolversFor(({ principal }: { principal: Principal }) => principal),
    }),
    logging: false,
    plugins: order === 'first' ? [principal, sse] : [sse, principal],
  })
}

function guardedListener(): Listener {
  const guard = createGuard({ authenticator: instance.authenticator })
  const schema = makeExecutableSchema({
    typeDefs,
    resolvers: resolversFor(({ request }: { request: IncomingMessage }) =>
      guard.authenticate(request),
    ),
  })
  guardSchema(schema, {
    principalOf: ({ request }: { request: IncomingMessage }) => guard.authenticate(request),
    authenticator: instance.authenticator,
  })
  return createHandler({
    ...graphqlSseOptions(schema, guard),
    context: ({ raw }) => ({ request: raw }),
  })
}

async function listen(listener: Listener) {
  const server = createServer({ joinDuplicateHeaders: true }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql/stream`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

let people = 0
async function newKey(scopes: readonly string[]) {
  people += 1
  const subject = `reader-${people}`
  const { userId, ...principal } = await instance.signIn(subject, [...scopes, 'write:keys'])
  expect(principal).toBeDefined()
  const made = await instance.keys.create({
    as: operator,
    ownerId: userId,
    name: 'x',
    scopes: [...scopes],
  })
  return { id: made.key.id, secret: made.secret, userId, subject }
}

// biome-ignore lint/suspicious/noExplicitAny: each test looks into it
const codeOf = (result: any) => result.value.errors?.[0]?.extensions

describe.each<[string, () => Listener]>([
  ['Yoga, with usePrincipal first', () => yogaListener('first')],
  ['Yoga, with usePrincipal last', () => yogaListener('last')],
  ['graphql-sse with a guarded schema', guardedListener],
])('%s', (name, listener) => {
  let server: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    server = await listen(listener())
  })
  afterAll(() => server.close())

  describe.each([
    ['distinct connections', false],
    ['a single connection', true],
  ] as const)('over %s', (_mode, singleConnection) => {
    // The client adds its token to the headers.
    const clientOf = (sent: Record<string, string>) => {
      const headers = () => ({ ...sent })
      return createClient({ url: server.url, singleConnection, headers, retryAttempts: 0 } as never)
    }
    const first = async (query: string, headers: Record<string, string>) => {
      const client = clientOf(headers)
      const result = await client.iterate({ query }).next()
      client.dispose()
      return result
    }

    it('authenticates each operation', async () => {
      const { secret, subject } = await newKey(['read:orders'])
      const key = { 'x-api-key': secret }
      expect((await first('{ me }', key)).value).toEqual({ data: { me: `API_KEY ${subject}` } })
      const orders = 'subscription { orders }'
      expect((await first(orders, key)).value).toEqual({ data: { orders: 1 } })
      expect((await first('{ hello }', {})).value).toEqual({ data: { hello: 'Hello' } })
      const denied = await first(orders, {})
      expect(codeOf(denied)).toMatchObject({ code: 'UNAUTHENTICATED' })
      expect(codeOf(denied)).not.toHaveProperty('http')
    })

    it('ends a stream whose credential is revoked or lacks a scope', async () => {
      const { secret, id, userId } = await newKey(['read:orders', 'read:keys'])
      for (const change of ['narrow', 'revoke']) {
        const scopes = ['read:orders', 'read:keys']
        await instance.users.setScopes({ as: operator, userId, scopes })
        const client = clientOf({ authorization: `Bearer ${secret}` })
        const results = client.iterate({ query: 'subscription { orders }' })
        // A change of the grant takes effect after a moment.
        await results.next()
        if (change === 'narrow') {
          await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys'] })
        } else await instance.keys.revoke({ as: operator, id })
        const code = change === 'narrow' ? 'FORBIDDEN' : 'INVALID_CREDENTIAL'
        expect(codeOf(await results.next())).toMatchObject({ code })
        expect((await results.next()).done).toBe(true)
        client.dispose()
      }
    })
  })

  it.runIf(name !== 'Yoga, with usePrincipal last')(
    'answers a credential that is not valid with 401',
    async () => {
      for (const [method, headers] of [
        ['POST', { accept: 'text/event-stream' }],
        ['POST', { 'x-graphql-event-stream-token': 'none' }],
        ['PUT', {}],
      ] as const) {
        const response = await fetch(server.url, {
          method,
          headers: {
            authorization: 'Bearer wrong',
            'content-type': 'application/json',
            ...headers,
          },
          ...(method === 'POST' && { body: '{"query":"{ hello }"}' }),
        })
        if (name.startsWith('graphql-sse') && response.status !== 401) continue
        expect(response.status).toBe(401)
        expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
        expect(await response.json()).toEqual({
          errors: [
            { message: 'The credential is not valid.', extensions: { code: 'INVALID_CREDENTIAL' } },
          ],
        })
      }
    },
  )
})
