import { type ASTNode, GraphQLError } from 'graphql'

/** A refusal that says which limit was passed. @param limit for `extensions.limit` */
export function limitError(
  limit: string,
  maximum: number,
  message: string,
  nodes: ASTNode,
): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum },
  })
}
