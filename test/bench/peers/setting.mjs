/** The settings that all peers share. Each answers `{ me { id } }` from a constant to a valid credential. */
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'

export const { PORT, DATABASE_URL, JWT_ISSUER, JWT_AUDIENCE, JWKS_URI } = process.env

export const typeDefs = 'type Query { me: User! } type User { id: ID! }'
export const resolvers = { Query: { me: () => ({ id: '1' }) } }

/** The required claims of a JWT, under the option names that jose and jsonwebtoken share. */
export const expected = { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, algorithms: ['RS256'] }

/** Serves Yoga without the features that cost time and are not needed here, with further `options`. */
export function serveLeanYoga(options) {
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers }),
    logging: false,
    graphiql: false,
    landingPage: false,
    maxRequestBodySize: false,
    ...options,
  })
  createServer({ keepAliveTimeout: 65_000 }, yoga).listen(Number(PORT), '127.0.0.1')
}

/** The credential that a header `Authorization: Bearer …` carries. */
export function bearerOf(header) {
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : null
}
