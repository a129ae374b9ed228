export {
  type ApolloCacheOptions,
  type ApolloGuardPlugin,
  type ApolloRequest,
  apolloGuardPlugin,
} from './apollo.ts'
export { type GraphqlHttpOptions, graphqlHttpOptions } from './graphql-http.ts'
export { type GraphqlSseGuard, type GraphqlSseOptions, graphqlSseOptions } from './graphql-sse.ts'
export { type GuardSchemaOptions, guardSchema } from './guard-schema.ts'
export { guardMercurius, type MercuriusApp } from './mercurius.ts'
