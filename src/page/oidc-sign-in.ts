import { hash } from 'node:crypto'
import { readCookie, setCookie } from '../sessions/cookies.ts'
import type { Sealer } from '../sessions/sealer.ts'
import type { SessionTokens } from '../sessions/session.ts'
import { graphiqlPlace } from '../web/page-configuration.ts'
import type { OidcClient, SignInSecrets } from './oidc-client.ts'
import type { PageSessions } from './page-sessions.ts'
import { returnPath } from './return-path.ts'
import type { SignIn } from './sign-in.ts'
import type { StartSession } from './start-session.ts'

/** The content of the cookie of a sign-in. */
interface SignInUnderWay extends SignInSecrets {
  /** The path to arrive at. */
  readonly returnTo: string
  /**
   * The hash of the session cookie that the browser has had so far; `null`: none. The session is not looked up
   * before the issuer has answered, so that anonymous requests cost no query. The redirect from the issuer does
   * not carry the cookie.
   */
  readonly replaced: string | null
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** The reason why a sign-in failed, in the URL of the page that says so. */
type Failure = 'denied' | 'expired' | 'refused' | 'unavailable' | 'failed'

export interface OidcSignInParts {
  readonly client: OidcClient
  readonly sealer: Sealer
  readonly sessions: PageSessions
  readonly startSession: StartSession
  /** The URL of the page as a browser sees it, without a slash at its end. */
  readonly pageUrl: string
  /** The path of GraphiQL; `null`: there is none. */
  readonly graphiql: string | null
  readonly log: { warn(details: object, message: string): void }
  readonly now: () => number
}

/** The time for a sign-in, in seconds. */
const signInSeconds = 600
/** The longest cookie that every browser stores, with its name and attributes. */
const maxCookieLength = 3_900

/** Signs in at an issuer: Authorization Code with PKCE, `state` and `nonce` (OpenID Connect Core §3.1). */
export function createOidcSignIn(parts: OidcSignInParts): SignIn {
  const { client, sealer, sessions, startSession, pageUrl, graphiql, log, now } = parts
  const base = new URL(pageUrl).pathname
  const cookie = sessions.cookies.signIn
  const removed = setCookie(cookie, '', { sameSite: 'Lax', maxAgeSeconds: 0 })

  function failed(failure: Failure, returnTo: string | null): Response {
    const query = new URLSearchParams({ error: failure })
    if (returnTo !== null && returnTo !== base) query.set('return_to', placeOf(returnTo))
    return redirect(`${base}/sign-in?${query}`)
  }

  const placeOf = (returnTo: string) =>
    returnTo === graphiql ? graphiqlPlace : returnTo.slice(base.length)

  async function readUnderWay(request: Request, state: string): Promise<SignInUnderWay | null> {
    const sealed = readCookie(request.headers.get('cookie'), cookie)
    if (sealed === null) return null
    const content = await sealer.open('sign-in', idOf(state), sealed)
    const underWay = content as SignInUnderWay | null
    return underWay !== null && underWay.until > now() ? underWay : null
  }

  /** The session has ended in any case. */
  async function revoke(tokens: SessionTokens): Promise<void> {
    await client
      .revoke(tokens)
      .catch((error) =>
        log.warn({ reason: reasonOf(error) }, 'a refresh token could not be revoked'),
      )
  }

  return {
    configuration: { kind: 'oidc' },
    revoke,

    async begin(request) {
      const returnTo = returnPath(
        base,
        graphiql,
        new URL(request.url).searchParams.get('return_to'),
      )
      try {
        const { url, secrets } = await client.begin(`${pageUrl}/callback`)
        const replaced = sessions.presented(request.headers.get('cookie'))
        const content = { ...secrets, returnTo, replaced, until: now() + signInSeconds * 1000 }
        const sealed = await sealer.seal('sign-in', idOf(secrets.state), content)
        return redirect(url.href, [
          setCookie(cookie, sealed, { sameSite: 'Lax', maxAgeSeconds: signInSeconds }),
        ])
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a sign-in could not begin: the issuer is not usable')
        return failed('unavailable', returnTo)
      }
    },

    async finish(request, visitor) {
      const { search, searchParams } = new URL(request.url)
      const underWay = await readUnderWay(request, searchParams.get('state') ?? '')
      if (underWay === null) return failed('expired', null)
      const end = (failure: Failure) => withCookies(failed(failure, underWay.returnTo), [removed])
      if (searchParams.get('error') === 'access_denied') return end('denied')
      try {
        const tokens = await client.finish(new URL(`${pageUrl}/callback${search}`), underWay)
        const started = await startSession(tokens, request, visitor, underWay.replaced)
        if (started.ok) return redirect(underWay.returnTo, [started.cookie, removed])
        const { reason } = started
        log.warn(
          { reason },
          'a sign-in was refused: the JWT of the issuer is not accepted. See OIDC_RESOURCE and OIDC_TOKEN',
        )
        return end(reason === 'unavailable' ? 'unavailable' : 'refused')
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a sign-in failed')
        return end('failed')
      }
    },

    async signOut(tokens) {
      if (tokens === null) return { location: null }
      await revoke(tokens)
      const url = await client.endSessionUrl(null, pageUrl).catch(() => null)
      if (url === null) return { location: null }
      // Scripts get no token, so the server itself sends the browser to the issuer with the ID token.
      const { idToken } = tokens
      const sealed = await sealer.seal('sign-out', '', { idToken })
      if (idToken === null || sealed.length > maxCookieLength) return { location: url }
      return {
        location: `${base}/sign-out`,
        cookie: setCookie(cookie, sealed, { sameSite: 'Lax', maxAgeSeconds: 60 }),
      }
    },

    async leave(request) {
      const sealed = readCookie(request.headers.get('cookie'), cookie)
      const content = sealed === null ? null : await sealer.open('sign-out', '', sealed)
      if (content === null) return redirect(base)
      const { idToken } = content as { readonly idToken: string }
      const url = await client.endSessionUrl(idToken, pageUrl).catch(() => null)
      return redirect(url ?? base, [removed])
    },
  }
}

/** A sign-in is found by its state. The state itself is not in the header of the encrypted text. */
function idOf(state: string): string {
  return hash('sha256', state, 'base64url')
}

function redirect(location: string, cookies: readonly string[] = []): Response {
  const headers = { location, 'cache-control': 'no-store' }
  return withCookies(new Response(null, { status: 303, headers }), cookies)
}

function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const one of cookies) response.headers.append('set-cookie', one)
  return response
}

/** Describes an error of the client for the log, without what the issuer sent: it may contain a token. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, error: answer } = error as { readonly code?: unknown; readonly error?: unknown }
  const cause = error.cause instanceof Error ? error.cause.message : null
  return [code, answer, error.message, cause].filter((part) => typeof part === 'string').join(': ')
}
