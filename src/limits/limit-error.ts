import { type ASTNode, GraphQLError } from 'graphql'

/** Returns an error that names the limit that was exceeded. @param limit the value of `extensions.limit` */
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
