/** Apollo Server, whose context holds the claims that jose verified. */
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { GraphQLError } from 'graphql'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { bearerOf, expected, JWKS_URI, PORT, resolvers, typeDefs } from './setting.mjs'

const keys = createRemoteJWKSet(new URL(JWKS_URI))
const server = new ApolloServer({ typeDefs, resolvers, introspection: false })

await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: '127.0.0.1' },
  async context({ req }) {
    try {
      const token = bearerOf(req.headers.authorization) ?? ''
      const { payload } = await jwtVerify(token, keys, expected)
      return { user: payload }
    } catch {
      throw new GraphQLError('No valid token.', { extensions: { http: { status: 401 } } })
    }
  },
})
