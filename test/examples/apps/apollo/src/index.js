import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { apolloGuardPlugin, createGuard, guardSchema } from 'latchkey'
import { connectLatchkey } from 'latchkey/postgres'
import { keyManagement } from 'latchkey/sdl'
import { resolvers, typeDefs } from './schema.js'

const latchkey = await connectLatchkey({
  url: process.env.DATABASE_URL,
  scopes: { 'read:books': 'Read one book.', 'write:books': 'Add books.' },
  issuers: [{ issuer: process.env.JWT_ISSUER, audience: process.env.JWT_AUDIENCE }],
})
const guard = createGuard(latchkey)
const principalOf = ({ request }) => guard.authenticate(request)
const keys = keyManagement({ latchkey, principalOf })
const all = { typeDefs: [typeDefs, keys.typeDefs], resolvers: [resolvers, keys.resolvers] }
const { authenticator } = latchkey
const schema = guardSchema(makeExecutableSchema(all), { principalOf, authenticator })

const server = new ApolloServer({ schema, plugins: [apolloGuardPlugin()] })

const { url } = await startStandaloneServer(server, {
  listen: { port: Number(process.env.PORT ?? 4000) },
  context: async ({ req }) => ({ request: req }),
})
console.log(`The library is open at ${url}`)
