const parcels = [{ id: '1', to: 'Ada', state: 'packed' }]

export const schema = `
  type Parcel {
    id: ID!
    to: String!
    state: String!
  }

  type Query {
    depot: String! @public
    parcels: [Parcel!]! @requiresScopes(scopes: [["read:parcels"]])
  }

  type Mutation {
    dispatch(id: ID!): Parcel @requiresScopes(scopes: [["write:parcels"]])
  }
`

export const resolvers = {
  Query: {
    depot: () => 'Depot 7',
    parcels: () => parcels,
  },
  Mutation: {
    dispatch: (_root, { id }) => {
      const parcel = parcels.find((each) => each.id === id)
      if (parcel !== undefined) parcel.state = 'sent'
      return parcel
    },
  },
}
