import { hash } from 'node:crypto'
import { readCookie, setCookie } from '../sessions/cookies.ts'
import { graphiqlPlace } from '../web/page-configuration.ts'
import { reasonOf, type SignInSecrets } from './oidc-client.ts'
import { createOidcSignOut, type OidcSignOutParts } from './oidc-sign-out.ts'
import type { PageSessions } from './page-sessions.ts'
import { redirect, withCookies } from './redirect.ts'
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

export interface OidcSignInParts extends OidcSignOutParts {
  readonly sessions: PageSessions
  readonly startSession: StartSession
  /** The path of GraphiQL; `null`: there is none. */
  readonly graphiql: string | null
  readonly now: () => number
}

/** The time for a sign-in, in seconds. */
const signInSeconds = 600

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

  return {
    configuration: { kind: 'oidc' },
    ...createOidcSignOut(parts),

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
  }
}

/** A sign-in is found by its state. The state itself is not in the header of the encrypted text. */
function idOf(state: string): string {
  return hash('sha256', state, 'base64url')
}
