import type { GraphQLSchema } from 'graphql'
import type { Authenticator } from '../credentials/authenticator.ts'
import { warnOfUnknownScopes } from '../decision/known-scopes.ts'
import { refuseUndeclared, type Undeclared } from '../decision/undeclared.ts'

/**
 * Returns a function that checks the declarations of a schema, once. It throws a TypeError for a field that is open
 * by mistake, each time that it is called with the schema.
 */
export function createSchemaCheck(
  undeclared: Undeclared,
  authenticator: Authenticator,
): (schema: GraphQLSchema) => void {
  const accepted = new WeakSet<GraphQLSchema>()
  let last: GraphQLSchema | null = null
  return (schema) => {
    if (schema === last) return
    if (!accepted.has(schema)) {
      refuseUndeclared(schema, undeclared)
      warnOfUnknownScopes(schema, authenticator)
    }
    accepted.add(schema)
    last = schema
  }
}
