import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeExecutableSchema } from '@graphql-tools/schema'
import fastify from 'fastify'
import { useServer } from 'graphql-ws/use/ws'
import { createYoga } from 'graphql-yoga'
import mercurius, { type MercuriusContext } from 'mercurius'
import { WebSocketServer } from 'ws'
import {
  type ClosableAuthenticator,
  type ConnectionContext,
  createGuard,
  guardMercurius,
  guardSchema,
  type Principal,
  usePrincipal,
} from '../../src/index.ts'

/* Servers with subscriptions over WebSockets, as applications make them. */

export interface Running {
  readonly port: number
  close(): Promise<void>
}

export const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String @public
    me: String @authenticated
  }
  type Subscription {
    said: String @public
    orders: Int @requiresScopes(scopes: [["read:orders"]])
  }
`

/** Sends one event, and is then silent. */
async function* oneThenSilence() {
  yield { orders: 1, said: 'once' }
  await new Promise(() => {})
}

export const resolversFor = (principalOf: (context: never) => unknown) => ({
  Query: {
    hello: () => 'Hello',
    me: async (_root: unknown, _args: unknown, context: never) => {
      const principal = (await principalOf(context)) as Principal
      return `${principal.credential.kind} ${principal.subject}`
    },
  },
  Subscription: {
    said: { subscribe: () => oneThenSilence() },
    orders: { subscribe: () => oneThenSilence() },
  },
})

async function listening(server: Server, close: () => unknown): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    async close() {
      await close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Yoga with graphql-ws, as the documentation of Yoga connects them. */
export function startYoga(authenticator: ClosableAuthenticator): Promise<Running> {
  const yoga = createYoga<{ principal: Principal | null }>({
    schema: makeExecutableSchema({
      typeDefs,
      resolvers: resolversFor(({ principal }: { principal: Principal }) => principal),
    }),
    logging: false,
    plugins: [usePrincipal({ authenticator })],
  })
  const server = createServer({ joinDuplicateHeaders: true }, yoga)
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  const ws = useServer(
    {
      // biome-ignore lint/suspicious/noExplicitAny: the documentation of Yoga does the same
      execute: (args: any) => args.rootValue.execute(args),
      // biome-ignore lint/suspicious/noExplicitAny: the documentation of Yoga does the same
      subscribe: (args: any) => args.rootValue.subscribe(args),
      async onSubscribe(context, _id, params) {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...context,
          req: context.extra.request,
          socket: context.extra.socket,
          params,
        })
        const document = parse(params.query)
        const errors = validate(schema, document)
        if (errors.length > 0) return errors
        return {
          schema,
          operationName: params.operationName,
          document,
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        }
      },
    },
    sockets,
  )
  return listening(server, () => ws.dispose())
}

/** graphql-ws with a guarded schema, as beside Apollo Server. */
export function startGraphQLWs(authenticator: ClosableAuthenticator): Promise<Running> {
  const guard = createGuard({ authenticator })
  const schema = makeExecutableSchema({
    typeDefs,
    resolvers: resolversFor((context: ConnectionContext) => guard.authenticate(context)),
  })
  guardSchema(schema, { principalOf: guard.authenticate, authenticator })
  const server = createServer({ joinDuplicateHeaders: true })
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  const ws = useServer({ schema, context: (context) => context }, sockets)
  return listening(server, () => ws.dispose())
}

export async function startMercurius(authenticator: ClosableAuthenticator): Promise<Running> {
  const guard = createGuard({ authenticator })
  const app = fastify()
  await app.register(mercurius, {
    schema: typeDefs,
    resolvers: resolversFor((context: MercuriusContext) => guard.authenticate(context)) as never,
    subscription: { fullWsTransport: true, context: (socket: unknown) => ({ socket }) } as never,
  })
  guardMercurius(app, { principalOf: guard.authenticate, authenticator })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    port,
    async close() {
      await app.close()
    },
  }
}
