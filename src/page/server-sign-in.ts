import type { FailureLimiter } from '../admission/failure-limiter.ts'
import type { Config } from '../config.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { issuerNames } from '../credentials/issuer-names.ts'
import type { DevelopmentIssuer } from '../development/issuer.ts'
import { keysPagePath } from '../http/root.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { cookieNames } from '../sessions/cookies.ts'
import { createSealer } from '../sessions/sealer.ts'
import { generatedSessionSecret } from '../sessions/secret-file.ts'
import type { SessionStore } from '../sessions/store.ts'
import type { UserService } from '../users/users.ts'
import { createDevelopmentSignIn } from './development-sign-in.ts'
import { graphiqlPath } from './graphiql-path.ts'
import type { OidcSettings } from './oidc-client.ts'
import { createOidcPage, type OidcPageParts, type PageSignIn } from './oidc-page.ts'
import { createPageSessions } from './page-sessions.ts'

interface ServerSettings extends Pick<OidcPageParts, 'log' | 'now'> {
  /** The URL of the server as a browser sees it, without a slash at its end. */
  readonly publicUrl: string
}

interface PageSignInParts {
  readonly failures: FailureLimiter
  readonly database: { readonly sessions: SessionStore }
  readonly developmentIssuer: DevelopmentIssuer | null
  readonly authenticator: Authenticator
  readonly users: Pick<UserService, 'findMany'>
  readonly catalogue: ScopeCatalogue
}

/** Creates the sign-in to the keys page for the mode and the settings of the server. */
export async function createServerSignIn(
  config: Config,
  settings: ServerSettings,
  parts: PageSignInParts,
): Promise<PageSignIn> {
  const { developmentIssuer } = parts
  const secrets = () =>
    config.sessionKeys === null
      ? generatedSessionSecret(config.dataDir).then((secret) => [secret])
      : Promise.resolve(config.sessionKeys)
  if (developmentIssuer !== null) {
    return inDevelopment(await secrets(), developmentIssuer, settings, parts)
  }
  const oidc = oidcSettings(config)
  if (oidc === null) return { sessions: null, signIn: missing }
  const { log, now, publicUrl } = settings
  return createOidcPage({
    settings: oidc,
    secrets: await secrets(),
    pageUrl: publicUrl + keysPagePath,
    graphiql: graphiqlPath(config, publicUrl),
    isSecure: true,
    store: parts.database.sessions,
    authenticator: parts.authenticator,
    failures: parts.failures,
    log,
    now,
  })
}

function oidcSettings({ oidc, issuers }: Config): OidcSettings | null {
  if (oidc === null) return null
  const found = issuers.find((one) => issuerNames(one).includes(oidc.issuer))
  return {
    ...oidc,
    allowHttp: found?.allowHttp === true,
    resourceParameter: found?.preset === 'auth0' ? 'audience' : 'resource',
  }
}

/** Signs in the sample users and new ones with a click. Its cookie needs no TLS. */
function inDevelopment(
  secrets: readonly string[],
  developmentIssuer: DevelopmentIssuer,
  { log, now, publicUrl }: ServerSettings,
  { failures, database, authenticator, users, catalogue }: PageSignInParts,
): PageSignIn {
  const sessions = createPageSessions({
    store: database.sessions,
    sealer: createSealer(secrets),
    cookies: cookieNames(false),
    origin: new URL(publicUrl).origin,
    renew: null,
    failures,
    onError: (error, message) => log.warn({ err: error }, message),
    now,
  })
  const asked = { scope: [...catalogue.keys()].join(' '), expiresIn: 86_400 }
  const signIn = createDevelopmentSignIn({
    authenticator,
    sessions,
    findUsers: users.findMany,
    subjects: ['ada', 'grace'],
    async mint(subject) {
      const { access_token, expires_in } = await developmentIssuer.mint({ subject, ...asked })
      return { token: access_token, expiresAt: new Date(now() + expires_in * 1000) }
    },
  })
  return { sessions, signIn }
}

const missing: PageSignIn['signIn'] = {
  configuration: {
    kind: 'missing',
    variables: ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'PUBLIC_URL', 'SESSION_KEYS'],
  },
  signOut: async () => ({ location: null }),
}
