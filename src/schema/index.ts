import type { GraphQLSchema } from 'graphql'
import { createScopeCatalogue, type ScopeCatalogue } from '../scopes.ts'
import { createBuilder } from './builder.ts'
import { registerPageInfo } from './connection-types.ts'
import { registerFederation } from './federation.ts'
import { optionalParts, registerKeyManagement } from './key-management.ts'

/** Builds the schema. It contains no data source: resolvers get the services from their context. */
export function createSchema(catalogue: ScopeCatalogue = createScopeCatalogue()): GraphQLSchema {
  const builder = createBuilder(catalogue)
  const users = registerKeyManagement(builder, {
    include: new Set(optionalParts),
    PageInfoRef: registerPageInfo(builder),
    catalogue,
  })
  if (users !== null) registerFederation(builder, users)
  return builder.toSchema()
}
