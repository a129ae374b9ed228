/** The settings of the servers that are measured with and without `guardSchema`. Each answers `{ me { id } }`. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { createAuthenticator, createGuard } from '../../../dist/index.js'
import { connectDirectory } from '../../../dist/postgres.js'

export const { VARIANT, JIT, PORT, DATABASE_URL, JWT_ISSUER, JWT_AUDIENCE, JWKS_URI } = process.env

export const typeDefs = `
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query { me: User! @requiresScopes(scopes: [["read:users"]]) }
  type User { id: ID! }
`
export const resolvers = { Query: { me: () => ({ id: '1' }) } }

/** The options of `guardSchema`, for a context that has the request as `request`. */
export function guarding() {
  const authenticator = createAuthenticator({
    directory: connectDirectory({ url: DATABASE_URL }),
    issuers: [{ issuer: JWT_ISSUER, audience: JWT_AUDIENCE, jwksUri: JWKS_URI }],
  })
  const guard = createGuard({ authenticator })
  return { authenticator, principalOf: ({ request }) => guard.authenticate(request) }
}

/** The usual way: jose verifies the token in the function that makes the context. */
export function createVerify() {
  const keys = createRemoteJWKSet(new URL(JWKS_URI))
  const expected = { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, algorithms: ['RS256'] }
  return async ({ headers }) => {
    const token = (headers.authorization ?? '').slice('Bearer '.length)
    return (await jwtVerify(token, keys, expected)).payload
  }
}
