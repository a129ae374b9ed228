import { type CookieNames, readCookie, setCookie } from '../sessions/cookies.ts'
import type { Sealer } from '../sessions/sealer.ts'
import type { SessionTokens } from '../sessions/session.ts'
import { type OidcClient, reasonOf } from './oidc-client.ts'
import { redirect } from './redirect.ts'
import type { SignIn } from './sign-in.ts'

export interface OidcSignOutParts {
  readonly client: OidcClient
  readonly sealer: Sealer
  readonly sessions: { readonly cookies: CookieNames }
  /** The URL of the page as a browser sees it, without a slash at its end. */
  readonly pageUrl: string
  readonly log: { warn(details: object, message: string): void }
}

/** The longest cookie that every browser stores, with its name and attributes. */
const maxCookieLength = 3_900

/** Signs out at an issuer (OpenID Connect RP-Initiated Logout), and ends refresh tokens (RFC 7009). */
export function createOidcSignOut(
  parts: OidcSignOutParts,
): Required<Pick<SignIn, 'revoke' | 'signOut' | 'leave'>> {
  const { client, sealer, sessions, pageUrl, log } = parts
  const base = new URL(pageUrl).pathname
  const cookie = sessions.cookies.signIn

  /** The session has ended in any case. */
  async function revoke(tokens: SessionTokens): Promise<void> {
    await client
      .revoke(tokens)
      .catch((error) =>
        log.warn({ reason: reasonOf(error) }, 'a refresh token could not be revoked'),
      )
  }

  return {
    revoke,

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
      return redirect(url ?? base, [setCookie(cookie, '', { sameSite: 'Lax', maxAgeSeconds: 0 })])
    },
  }
}
