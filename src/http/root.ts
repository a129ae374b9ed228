import { acceptsByName } from './accepts.ts'
import { forwardAuthPath } from './forward-auth-settings.ts'
import { graphqlPath } from './graphql-server.ts'
import { identityKeysPath } from './identity-keys.ts'
import { introspectionPath } from './introspection.ts'

/** People manage their keys at this path and below it. */
export const keysPagePath = '/keys'

const paths = {
  graphql: graphqlPath,
  keys: keysPagePath,
  schema: '/schema.graphql',
  forwardAuth: forwardAuthPath,
  introspection: introspectionPath,
  identityKeys: identityKeysPath,
  alive: '/healthz',
  ready: '/readyz',
  metrics: '/metrics',
}

/**
 * Creates the endpoint at `/`. It redirects a browser to a page, and lists the paths of the server for
 * programs.
 *
 * @param page the path of the page as a browser sees it
 */
export function createRoot(page: string): (request: Request) => Response {
  const headers = { 'cache-control': 'no-store', vary: 'Accept' }
  return (request) =>
    acceptsByName(request.headers.get('accept'), 'text/html')
      ? new Response(null, { status: 303, headers: { ...headers, location: page } })
      : Response.json({ name: 'latchkey', paths }, { headers })
}
