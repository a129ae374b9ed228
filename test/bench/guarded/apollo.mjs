/** Apollo Server. VARIANT: `open`, `guarded` by `guardSchema`, or `usual` with jose. */
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { apolloGuardPlugin, guardSchema } from '../../../dist/index.js'
import { createVerify, guarding, PORT, resolvers, typeDefs, VARIANT } from './setting.mjs'

const schema = makeExecutableSchema({ typeDefs, resolvers })
const guarded = VARIANT === 'guarded'
if (guarded) guardSchema(schema, guarding())
const verify = VARIANT === 'usual' ? createVerify() : null

const server = new ApolloServer({
  schema,
  introspection: false,
  plugins: guarded ? [apolloGuardPlugin()] : [],
})
await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: '127.0.0.1' },
  context: async ({ req }) => ({ request: req, user: await verify?.(req) }),
})
