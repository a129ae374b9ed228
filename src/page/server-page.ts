import type { Config } from '../config.ts'
import type { ClosableAuthenticator } from '../credentials/create-authenticator.ts'
import { graphqlPath } from '../http/graphql-server.ts'
import type { RequestContext } from '../http/request-context.ts'
import { keysPagePath } from '../http/root.ts'
import { administrativeScopes } from '../scopes.ts'
import type { UserService } from '../users/users.ts'
import { webFiles } from '../web/files.ts'
import { defaultTitle } from '../web/page-configuration.ts'
import { graphiqlPath } from './graphiql-path.ts'
import type { PageSignIn } from './oidc-page.ts'
import { createPageHandler } from './page-handler.ts'

interface ServerPageParts {
  readonly authenticator: ClosableAuthenticator
  readonly users: Pick<UserService, 'findMany'>
  readonly pageSignIn: PageSignIn
  /** Answers an operation that a script of the page sends, at the path of the server's GraphQL endpoint. */
  readonly graphql: (request: Request, context: RequestContext) => Promise<Response>
}

/** Creates the keys page at {@link keysPagePath}. Its GraphQL endpoint is that of the server. */
export function createServerPage(
  config: Config,
  publicUrl: string,
  { authenticator, users, pageSignIn, graphql }: ServerPageParts,
) {
  const answer = createPageHandler<RequestContext>({
    ...pageSignIn,
    path: keysPagePath,
    publicUrl,
    files: webFiles('keys'),
    configuration: {
      title: defaultTitle,
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
