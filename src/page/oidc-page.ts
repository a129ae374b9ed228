import type { FailureLimiter } from '../admission/failure-limiter.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { cookieNames } from '../sessions/cookies.ts'
import { createSealer } from '../sessions/sealer.ts'
import type { SessionStore } from '../sessions/store.ts'
import { createOidcClient, type OidcSettings } from './oidc-client.ts'
import { createOidcSignIn } from './oidc-sign-in.ts'
import { createPageSessions, type PageSessions } from './page-sessions.ts'
import type { SignIn } from './sign-in.ts'
import { createStartSession } from './start-session.ts'

/** The sessions of a page and the way to start one. */
export interface PageSignIn {
  /** `null`: the application has the sessions, or nobody can sign in. */
  readonly sessions: PageSessions | null
  readonly signIn: SignIn
}

export interface OidcPageParts {
  readonly settings: OidcSettings
  /** The first encrypts sessions, all of them decrypt. */
  readonly secrets: readonly string[]
  /** The URL of the page as a browser sees it, without a slash at its end. */
  readonly pageUrl: string
  /** The path of GraphiQL, to which a sign-in may lead back; `null`: there is none. */
  readonly graphiql: string | null
  /** `false` on a loopback address without TLS, where browsers accept no cookie with `__Host-`. */
  readonly isSecure: boolean
  readonly store: SessionStore
  /** Verifies the JWTs of the issuer. */
  readonly authenticator: Pick<Authenticator, 'authenticate'>
  readonly failures: FailureLimiter
  readonly log: { warn(details: object, message: string): void }
  readonly now: () => number
}

/** Creates the sign-in at an issuer, and its sessions. */
export function createOidcPage(parts: OidcPageParts): PageSignIn {
  const {
    settings,
    secrets,
    pageUrl,
    graphiql,
    isSecure,
    store,
    authenticator,
    failures,
    log,
    now,
  } = parts
  const client = createOidcClient(settings, now)
  const sealer = createSealer(secrets)
  const sessions = createPageSessions({
    store,
    sealer,
    cookies: cookieNames(isSecure),
    origin: new URL(pageUrl).origin,
    renew: client.renew,
    revoke: client.revoke,
    failures,
    onError: (error, message) => log.warn({ err: error }, message),
    now,
  })
  const startSession = createStartSession(authenticator, sessions)
  const signIn = createOidcSignIn({
    client,
    sealer,
    sessions,
    startSession,
    pageUrl,
    graphiql,
    log,
    now,
  })
  return { sessions, signIn }
}
