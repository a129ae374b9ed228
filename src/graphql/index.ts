export { type ApolloGuardPlugin, apolloGuardPlugin } from './apollo.ts'
export { type GraphqlHttpOptions, graphqlHttpOptions } from './graphql-http.ts'
export { type GuardSchemaOptions, guardSchema } from './guard-schema.ts'
export { guardMercurius, type MercuriusApp } from './mercurius.ts'
