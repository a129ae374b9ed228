import { operator } from '../audit/actor.ts'
import type { Config } from '../config.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import type { Database } from '../db/database.ts'
import { graphqlPath } from '../http/graphql-server.ts'
import type { RequestContext } from '../http/request-context.ts'
import { keysPagePath } from '../http/root.ts'
import { createDevelopmentSignIn } from '../page/development-sign-in.ts'
import { createPageHandler } from '../page/page-handler.ts'
import { createPageSessions, type PageSessions } from '../page/page-sessions.ts'
import type { SignIn } from '../page/sign-in.ts'
import { administrativeScopes } from '../scopes.ts'
import { cookieNames } from '../sessions/cookies.ts'
import { createSealer } from '../sessions/sealer.ts'
import { generatedSessionSecret } from '../sessions/secret-file.ts'
import { webFiles } from '../web/files.ts'
import type { AppSettings } from './create-app.ts'
import type { Services } from './services.ts'

/** Creates the sessions of the keys page; `null` where nobody can sign in. */
export async function createServerSessions(
  config: Config,
  { log, now, publicUrl }: AppSettings,
  { database }: { readonly database: Database },
): Promise<PageSessions | null> {
  if (config.mode !== 'development') return null
  const secrets = config.sessionKeys ?? [await generatedSessionSecret(config.dataDir)]
  return createPageSessions({
    store: database.sessions,
    sealer: createSealer(secrets),
    cookies: cookieNames(config.mode !== 'development'),
    origin: new URL(publicUrl).origin,
    renew: null,
    onError: (error, message) => log.warn({ err: error }, message),
    now,
  })
}

export interface KeysPageParts {
  /** Without the sessions of the page. */
  readonly authenticator: Authenticator
  readonly sessions: PageSessions | null
  readonly graphql: (request: Request, context: RequestContext) => Promise<Response>
}

/** Creates the keys page at {@link keysPagePath}. */
export function createServerKeysPage(
  config: Config,
  settings: AppSettings,
  services: Services,
  { authenticator, sessions, graphql }: KeysPageParts,
) {
  const { publicUrl } = settings
  const findUsers = services.users.findMany
  const answer = createPageHandler<RequestContext>({
    path: keysPagePath,
    publicUrl,
    files: webFiles('keys'),
    configuration: {
      keyPrefix: config.keyPrefix,
      maxLifetimeDays: config.keyMaxLifetimeDays,
      maxPerUser: config.keyMaxPerUser,
      graphqlUrl: publicUrl + graphqlPath,
      adminScopes: [...administrativeScopes],
    },
    signIn: signInOf(settings, services, { authenticator, sessions }),
    sessions,
    authenticator,
    findUsers,
    checksOrigin: true,
    graphql: (request, context) =>
      graphql(new Request(new URL(graphqlPath, request.url), request), context),
  })
  const location = new URL(publicUrl + keysPagePath).pathname
  return { path: keysPagePath, location, answer }
}

function signInOf(
  { now }: AppSettings,
  { developmentIssuer, database, users, catalogue }: Services,
  { authenticator, sessions }: Pick<KeysPageParts, 'authenticator' | 'sessions'>,
): SignIn {
  if (sessions === null || developmentIssuer === null) {
    return {
      configuration: { kind: 'missing', variables: missingSettings },
      signOutLocation: async () => null,
    }
  }
  const scope = [...catalogue.keys()].join(' ')
  const issuer = developmentIssuer.settings.issuer
  return createDevelopmentSignIn({
    authenticator,
    sessions,
    findUsers: users.findMany,
    subjects: ['ada', 'grace'],
    async mint(subject) {
      const { access_token, expires_in } = await developmentIssuer.mint({
        subject,
        scope,
        expiresIn: 86_400,
      })
      return { token: access_token, expiresAt: new Date(now() + expires_in * 1000) }
    },
    async createUser(subject, name) {
      await database.users.insert({ issuer, subject, email: null, name, scopes: null }, operator)
    },
  })
}

const missingSettings = [
  { name: 'OIDC_CLIENT_ID', meaning: 'The id of this server as a client of the issuer.' },
  { name: 'OIDC_CLIENT_SECRET', meaning: 'The secret of the client, if it has one.' },
  { name: 'SESSION_KEYS', meaning: 'Secrets of 32 bytes or more that encrypt sessions.' },
]
