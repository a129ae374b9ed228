/** Serves `{ me { id } }` from a constant, by Yoga alone or with usePrincipal. */
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { createAuthenticator, usePrincipal } from '../../dist/index.js'
import { connectDirectory } from '../../dist/postgres.js'

const { VARIANT, PORT, DATABASE_URL, JWT_ISSUER, JWT_AUDIENCE, JWKS_URI } = process.env
const guarded = VARIANT === 'principal'

const schema = createSchema({
  typeDefs: `
    directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
    type Query { me: User! ${guarded ? '@requiresScopes(scopes: [["read:users"]])' : ''} }
    type User { id: ID! }
  `,
  resolvers: { Query: { me: () => ({ id: '1' }) } },
})

const yoga = createYoga({
  schema,
  logging: false,
  graphiql: false,
  landingPage: false,
  ...(VARIANT !== 'usual' && { maxRequestBodySize: false }),
  plugins: guarded ? [usePrincipal({ authenticator: authenticator() })] : [],
})

const server = createServer({ keepAliveTimeout: 65_000, joinDuplicateHeaders: true }, yoga)
server.maxHeadersCount = 0
server.listen(Number(PORT), '127.0.0.1')

function authenticator() {
  return createAuthenticator({
    directory: connectDirectory({ url: DATABASE_URL }),
    issuers: [{ issuer: JWT_ISSUER, audience: JWT_AUDIENCE, jwksUri: JWKS_URI }],
  })
}
