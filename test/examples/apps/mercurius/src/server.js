import { makeExecutableSchema } from '@graphql-tools/schema'
import Fastify from 'fastify'
import { createGuard, guardMercurius } from 'latchkey'
import { connectLatchkey } from 'latchkey/postgres'
import { keyManagement } from 'latchkey/sdl'
import mercurius from 'mercurius'
import { resolvers, schema } from './schema.js'

const app = Fastify()

const latchkey = await connectLatchkey({
  url: process.env.DATABASE_URL,
  scopes: { 'read:parcels': 'Read parcels.', 'write:parcels': 'Dispatch parcels.' },
  issuers: [{ issuer: process.env.JWT_ISSUER, audience: process.env.JWT_AUDIENCE }],
})
const guard = createGuard(latchkey)
const principalOf = ({ reply }) => guard.authenticate(reply.request)
const keys = keyManagement({ latchkey, principalOf })
const all = { typeDefs: [schema, keys.typeDefs], resolvers: [resolvers, keys.resolvers] }

await app.register(mercurius, { schema: makeExecutableSchema(all), jit: 1 })
guardMercurius(app, { principalOf, authenticator: latchkey.authenticator })

await app.listen({ port: Number(process.env.PORT ?? 4000) })
console.log('The depot is open.')
