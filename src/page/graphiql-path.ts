import type { Config } from '../config.ts'
import { graphqlPath } from '../http/graphql-server.ts'

/** Returns the path of GraphiQL as a browser sees it; `null`: this server has no GraphiQL. */
export function graphiqlPath(
  { mode, graphiql }: Pick<Config, 'mode' | 'graphiql'>,
  publicUrl: string,
): string | null {
  return mode === 'development' || graphiql ? new URL(publicUrl + graphqlPath).pathname : null
}
