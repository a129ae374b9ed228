// An API with plugins of others beside usePrincipal, each at a path of its own, on the installed package.
import { createServer } from 'node:http'
import { useResponseCache as useEnvelopCache } from '@envelop/response-cache'
import { useDeferStream } from '@graphql-yoga/plugin-defer-stream'
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { createInMemoryCache, useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga } from 'graphql-yoga'
import { operator, principalKey, usePrincipal } from 'latchkey'
import { connectLatchkey } from 'latchkey/postgres'

const { DATABASE_URL, JWT_ISSUER, PORT } = process.env
const latchkey = await connectLatchkey({
  url: DATABASE_URL,
  issuers: [{ issuer: JWT_ISSUER, audience: 'https://api.example' }],
  scopes: {
    'read:orders': 'Read orders.',
    'read:files': 'Read files.',
    'write:files': 'Write files.',
  },
  keys: {
    importedForms: [
      { prefix: 'sk_live_', length: 48 },
      { prefix: '', length: 64 },
    ],
  },
})

const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  scalar File
  type Query {
    hello: String @public
    me: String @authenticated
    orders: [String!] @requiresScopes(scopes: [["read:orders"]])
  }
  type Mutation { upload(file: File!): String @requiresScopes(scopes: [["write:files"]]) }
`
const resolvers = {
  Query: {
    hello: () => 'Hello',
    me: (_root, _args, { principal }) => principal.subject,
    orders: (_root, _args, { principal }) => [`an order of ${principal.subject}`],
  },
  Mutation: { upload: async (_root, { file }) => `${file.name}: ${await file.text()}` },
}
const schema = createSchema({ typeDefs, resolvers })

const principal = () => usePrincipal(latchkey)
const yogaCache = (session) => useResponseCache({ session, cache: createInMemoryCache() })
const envelopCache = (session) => useEnvelopCache({ session: ({ request }) => session(request) })
const stored = { orders: '{ hello orders }' }
const paths = {
  '/yoga-cache/first': [yogaCache(principalKey), principal()],
  '/yoga-cache/last': [principal(), yogaCache(principalKey)],
  '/envelop-cache/first': [envelopCache(principalKey), principal()],
  '/envelop-cache/last': [principal(), envelopCache(principalKey)],
  '/careless': [principal(), yogaCache(() => 'all')],
  '/others': [
    principal(),
    useDeferStream(),
    usePersistedOperations({
      allowArbitraryOperations: true,
      getPersistedOperation: (id) => stored[id] ?? null,
    }),
  ],
}
const servers = new Map(
  Object.entries(paths).map(([graphqlEndpoint, plugins]) => [
    graphqlEndpoint,
    createYoga({ schema, plugins, graphqlEndpoint, batching: true, logging: false }),
  ]),
)

/** Calls a method of the embedded services for the test. */
async function operate(request, response) {
  let text = ''
  for await (const chunk of request) text += chunk
  const [service, method, input] = JSON.parse(text, (name, value) =>
    name === 'expiresAt' ? new Date(value) : value,
  )
  const result = await latchkey[service][method]({ as: operator, ...input })
  response.end(JSON.stringify(result))
}

const server = createServer({ joinDuplicateHeaders: true }, (request, response) => {
  const yoga = servers.get(request.url)
  if (yoga !== undefined) return yoga(request, response)
  operate(request, response).catch((error) => response.writeHead(500).end(String(error)))
})
server.maxHeadersCount = 0
server.listen(PORT, '127.0.0.1')
