import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'

/** A foreign subgraph that refers to Latchkey's users. */
export const reviewsSdl = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])

  type Query {
    reviews: [Review!]!
  }
  type Review {
    text: String!
    author: User!
  }
  type User @key(fields: "id") {
    id: ID!
    reviews: [Review!]!
  }
  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
`

const machinery = /* GraphQL */ `
  directive @key(fields: String!) on OBJECT
  directive @shareable on OBJECT
  scalar _Any
  union _Entity = User
  type _Service { sdl: String! }
  extend type Query {
    _service: _Service!
    _entities(representations: [_Any!]!): [_Entity]!
  }
`

/** Serves the subgraph with one review, by the user `authorId`. */
export async function serveReviews(authorId: string) {
  const review = { text: 'Opens every door.', author: { id: authorId } }
  const of = ({ id }: { id: string }) => (id === authorId ? [review] : [])
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs: [reviewsSdl.replace(/extend schema\s+@link\([^)]*\)/, ''), machinery],
      resolvers: {
        Query: {
          reviews: () => [review],
          _service: () => ({ sdl: reviewsSdl }),
          _entities: (_root: unknown, { representations }: { representations: object[] }) =>
            representations,
        },
        _Entity: { __resolveType: () => 'User' },
        User: { reviews: of },
      },
    }),
  })
  const server = createServer({ joinDuplicateHeaders: true }, yoga)
  server.maxHeadersCount = 0
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
