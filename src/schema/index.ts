import type { GraphQLSchema } from 'graphql'
import { createScopeCatalogue, type ScopeCatalogue } from '../scopes.ts'
import { registerApiKeys } from './api-key.ts'
import { registerAuditEvents } from './audit-event.ts'
import { createBuilder } from './builder.ts'
import { registerFederation } from './federation.ts'
import { registerPrincipal } from './principal.ts'
import { registerScopes } from './scopes.ts'
import { registerUsers } from './user.ts'

/** Builds the schema. It contains no data source: resolvers get the services from their context. */
export function createSchema(catalogue: ScopeCatalogue = createScopeCatalogue()): GraphQLSchema {
  const builder = createBuilder(catalogue)
  const users = registerUsers(builder)
  const principal = registerPrincipal(builder, users)
  registerApiKeys(builder, users)
  registerAuditEvents(builder, principal)
  registerScopes(builder, catalogue)
  registerFederation(builder, users)
  return builder.toSchema()
}
