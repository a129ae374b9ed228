const books = [
  { id: '1', title: 'The Awakening', author: 'Kate Chopin' },
  { id: '2', title: 'City of Glass', author: 'Paul Auster' },
]

export const typeDefs = `#graphql
  type Book {
    id: ID!
    title: String!
    author: String!
  }

  type Query {
    books: [Book!]! @public
    book(id: ID!): Book @requiresScopes(scopes: [["read:books"]])
  }

  type Mutation {
    addBook(title: String!, author: String!): Book! @requiresScopes(scopes: [["write:books"]])
  }
`

export const resolvers = {
  Query: {
    books: () => books,
    book: (_root, { id }) => books.find((book) => book.id === id),
  },
  Mutation: {
    addBook: (_root, { title, author }) => {
      const book = { id: `${books.length + 1}`, title, author }
      books.push(book)
      return book
    },
  },
}
