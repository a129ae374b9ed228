import type { Config } from '../config.ts'
import { graphqlPath } from '../http/graphql-server.ts'
import type { RequestContext } from '../http/request-context.ts'
import { keysPagePath } from '../http/root.ts'
import { createPageHandler } from '../page/page-handler.ts'
import { administrativeScopes } from '../scopes.ts'
import { webFiles } from '../web/files.ts'
import type { AppSettings } from './create-app.ts'
import { graphiqlPath } from './graphiql-path.ts'
import type { Services } from './services.ts'

/** Creates the keys page at {@link keysPagePath}. Its GraphQL endpoint is that of the server. */
export function createServerKeysPage(
  config: Config,
  { publicUrl }: AppSettings,
  { authenticator, users, pageSignIn }: Services,
  graphql: (request: Request, context: RequestContext) => Promise<Response>,
) {
  const answer = createPageHandler<RequestContext>({
    ...pageSignIn,
    path: keysPagePath,
    publicUrl,
    files: webFiles('keys'),
    configuration: {
      keyPrefix: config.keyPrefix,
      maxLifetimeDays: config.keyMaxLifetimeDays,
      maxPerUser: config.keyMaxPerUser,
      graphqlUrl: publicUrl + graphqlPath,
      graphiql: graphiqlPath(config, publicUrl),
      adminScopes: [...administrativeScopes],
    },
    authenticator,
    findUsers: users.findMany,
    describesOperations: true,
    checksOrigin: true,
    graphql: (request, context) =>
      graphql(new Request(new URL(graphqlPath, request.url), request), context),
  })
  authenticator.offerHelp(publicUrl + keysPagePath)
  const location = new URL(publicUrl + keysPagePath).pathname
  return { path: keysPagePath, location, answer }
}
