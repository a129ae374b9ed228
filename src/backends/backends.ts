import { identityHeaderNames } from '../identity/header-names.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { Principal } from '../principal.ts'

/** Other services, called on behalf of whoever asks. */
export interface Backends {
  /**
   * `fetch` with an identity token for that audience in `X-Identity` and the request's id in
   * `X-Request-Id`; for the anonymous without a token. Credentials of the client never go along.
   *
   * Redirects of a GET within the origin are followed. One to another origin is an error, since the
   * token would go with it; every other is answered as it is.
   *
   * @throws TypeError for an address that is not http(s), or when the backend cannot be reached
   * @throws RedirectedElsewhereError
   */
  fetch(audience: string, url: string | URL, init?: RequestInit): Promise<Response>
}

export class RedirectedElsewhereError extends Error {
  override readonly name = 'RedirectedElsewhereError'
}

export interface BackendsOptions {
  /** `null`: there are no identity tokens, and nothing is fetched for someone. */
  readonly identity: IdentityIssuer | null
  /** `null`: anonymous. */
  readonly principal: Principal | null
  readonly requestId: string | null
  /** A header of the request that is being answered, by lower-case name. */
  readonly clientHeader: (name: string) => string | null
  /** The headers that credentials come in beside `Authorization`, in lower case. */
  readonly credentialHeaders: readonly string[]
  /** Default the global one. */
  readonly fetch?: typeof fetch
}

const credentialHeaders = ['authorization', 'proxy-authorization', 'cookie']
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const maxRedirects = 5

export function createBackends(options: BackendsOptions): Backends {
  const { identity, principal, requestId, clientHeader, fetch: send = fetch } = options

  async function headersFor(audience: string, given: HeadersInit | undefined): Promise<Headers> {
    const headers = new Headers(given)
    for (const name of identityHeaderNames) headers.delete(name)
    for (const name of [...credentialHeaders, ...options.credentialHeaders]) {
      // The backend may be owed a credential of its own; what came from the client is not for it.
      const sent = clientHeader(name)?.replace(/^\S+ +/, '')
      if (!sent) continue
      for (const [other, value] of [...headers]) if (value.includes(sent)) headers.delete(other)
    }
    if (principal !== null) {
      if (identity === null)
        throw new Error('There are no identity tokens: set IDENTITY_KEYS_FILE.')
      headers.set('x-identity', await identity.tokenFor(principal, audience))
    }
    if (requestId !== null) headers.set('x-request-id', requestId)
    return headers
  }

  return {
    async fetch(audience, url, init = {}) {
      const headers = await headersFor(audience, init.headers)
      const { redirect = 'follow' } = init
      let target = new URL(url)
      for (let followed = 0; ; followed++) {
        if (!/^https?:$/.test(target.protocol)) throw new TypeError('A backend is at http(s).')
        const response = await send(target, { ...init, headers, redirect: 'manual' })
        const location = response.headers.get('location')
        if (!redirects.has(response.status) || location === null || redirect === 'manual') {
          return response
        }
        const next = new URL(location, target)
        if (next.origin !== target.origin || redirect === 'error' || followed >= maxRedirects) {
          await response.body?.cancel()
          throw new RedirectedElsewhereError(`${target.origin} redirects where it may not.`)
        }
        if (!/^(GET|HEAD)$/i.test(init.method ?? 'GET')) return response
        await response.body?.cancel()
        target = next
      }
    },
  }
}
