import { createSchema } from 'graphql-yoga'

/**
 * Creates a schema with guards on interfaces and unions, and a list of the fields that were resolved.
 */
export function createSpiedSchema() {
  const calls: string[] = []
  const spy =
    <T>(name: string, value: T) =>
    () => {
      calls.push(name)
      return value
    }
  const letter = { __typename: 'Letter', id: '1', secret: 'S', seal: 'wax' }
  const schema = createSchema({
    typeDefs: /* GraphQL */ `
      directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE

      interface Node {
        id: ID!
        secret: String @requiresScopes(scopes: [["read:secrets"]])
      }
      interface Sealed @requiresScopes(scopes: [["read:secrets"]]) {
        seal: String
      }
      type Letter implements Node & Sealed {
        id: ID!
        secret: String
        seal: String
        reply: Letter
      }
      type Parcel implements Node {
        id: ID!
        secret: String
        weight: Int
        next: Parcel
      }
      type Vault implements Node @requiresScopes(scopes: [["read:secrets"]]) {
        id: ID!
        secret: String
        label: String
      }
      union Found = Letter | Parcel | Vault
      type Query {
        node: Node
        letter: Letter
        parcel: Parcel
        found: Found
      }
    `,
    resolvers: {
      Query: {
        node: spy('node', { __typename: 'Parcel', id: '2', weight: 3 }),
        letter: spy('letter', letter),
        parcel: spy('parcel', { __typename: 'Parcel', id: '2', weight: 3 }),
        found: spy('found', { __typename: 'Parcel', id: '2' }),
      },
      Letter: { secret: spy('secret', 'S'), reply: spy('reply', letter) },
    },
  })
  return { schema, calls }
}
