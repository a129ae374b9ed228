import { randomUUID } from 'node:crypto'
import { createFailureLimiter, type FailureLimiter } from '../admission/failure-limiter.ts'
import { type Latchkey, servicesOf } from '../embedding/latchkey.ts'
import { problem } from '../http/problem.ts'
import { RequestContext } from '../http/request-context.ts'
import { trustedProxies } from '../net/trusted-proxies.ts'
import { administrativeScopes } from '../scopes.ts'
import { webFiles } from '../web/files.ts'
import { createEmbeddedGraphQL } from './embedded-graphql.ts'
import { createOidcPage, type PageSignIn } from './oidc-page.ts'
import { type CheckedOptions, checkOptions, type PageOptions } from './options.ts'
import { createPageHandler } from './page-handler.ts'
import { ignoringSessions, withPageSessions } from './session-authenticator.ts'

export interface CreateKeysPageOptions extends PageOptions {
  /** The result of `connectLatchkey`. */
  readonly latchkey: Latchkey
  /**
   * Returns the address of the client, for the list of sessions and limits on refused credentials; `null`: unknown.
   * Default: unknown.
   */
  readonly clientAddress?: ((request: Request) => string | null) | undefined
}

/** Answers every request whose path is that of the page or below it. */
export type KeysPage = (request: Request) => Promise<Response>

/**
 * Creates the page on which people manage their API keys, as a fetch handler for an application. Its scripts
 * talk to a GraphQL endpoint of their own below `path`.
 *
 * @throws TypeError if an option is not valid
 */
export function createKeysPage(options: CreateKeysPageOptions): KeysPage {
  const { latchkey, clientAddress = () => null } = options
  const services = servicesOf(latchkey)
  const { issuers, hasSession, keys, log } = services.page
  const checked = checkOptions(options, { issuers, hasSession })
  const { path, url, graphqlUrl } = checked
  const failures = createFailureLimiter({ perMinute: failuresPerMinute, now: services.now })
  const pageSignIn = signInOf(latchkey, checked, failures)
  const { sessions } = pageSignIn
  const own = sessions === null ? latchkey.authenticator : ignoringSessions(latchkey.authenticator)
  const graphql = createEmbeddedGraphQL(
    { ...services, describedSchema: options.schema },
    sessions === null ? own : withPageSessions(own, sessions),
    failures,
    log,
  )
  const answer = createPageHandler<RequestContext>({
    ...pageSignIn,
    path,
    publicUrl: url,
    files: webFiles('keys'),
    configuration: {
      title: checked.title,
      keyPrefix: services.keyPrefix,
      maxLifetimeDays: keys.maxLifetimeDays,
      maxPerUser: keys.maxPerUser,
      graphqlUrl,
      graphiql: null,
      adminScopes: [...administrativeScopes],
    },
    authenticator: own,
    findUsers: services.users.findMany,
    describesOperations: options.schema !== undefined,
    // The session of the application has its own rule.
    checksOrigin: sessions !== null,
    graphql,
  })
  latchkey.authenticator.offerHelp(url + path)

  return async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname !== path && !pathname.startsWith(`${path}/`)) {
      return problem(404, { detail: `The keys page answers at ${path} and below.` })
    }
    const header = (name: string) => request.headers.get(name)
    const connection = { peerAddress: clientAddress(request) }
    // The application knows its proxies, and has found the address of the client.
    const context = new RequestContext({ header }, connection, noProxies)
    try {
      return await answer(request, context)
    } catch (error) {
      const requestId = randomUUID()
      log.warn({ err: error, requestId }, 'a request to the keys page failed')
      return problem(500, { detail: `Something went wrong on our side. Request ${requestId}.` })
    }
  }
}

/** The refused credentials of one address in a minute, after which it gets 429. */
const failuresPerMinute = 20

const noProxies = trustedProxies([])

function signInOf(
  latchkey: Latchkey,
  { signIn, url, path }: CheckedOptions,
  failures: FailureLimiter,
): PageSignIn {
  const { page, now } = servicesOf(latchkey)
  if (signIn.kind === 'oidc') {
    return createOidcPage({
      settings: signIn.settings,
      secrets: signIn.secrets,
      pageUrl: url + path,
      graphiql: null,
      isSecure: url.startsWith('https:'),
      store: page.sessions,
      authenticator: latchkey.authenticator,
      failures,
      log: page.log,
      now,
    })
  }
  const { signOutUrl } = signIn
  return {
    sessions: null,
    signIn: { configuration: signIn, signOut: async () => ({ location: signOutUrl }) },
  }
}
