import { initGraphQLTada } from 'gql.tada'
import type { introspection } from './introspection.d.ts'

/** Parses a document. Its variables and its data have the types of the schema. */
export const graphql = initGraphQLTada<{
  introspection: introspection
  disableMasking: true
  scalars: { DateTime: string; JSONObject: Record<string, unknown> }
}>()
