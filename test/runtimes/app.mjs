// The application that each runtime serves: Yoga with usePrincipal, for JWTs.
import { createSchema, createYoga } from 'graphql-yoga'
import { createAuthenticator, usePrincipal } from 'latchkey'

const typeDefs = /* GraphQL */ `
  directive @public on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    hello: String! @public
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
  }
`
const resolvers = { Query: { hello: () => 'Hello', orders: () => ['one', 'two'] } }

export function createApp(issuer) {
  const authenticator = createAuthenticator({
    issuers: [{ issuer, audience: 'https://api.example' }],
  })
  return createYoga({
    schema: createSchema({ typeDefs, resolvers }),
    logging: false,
    plugins: [usePrincipal({ authenticator })],
  })
}
