import { identityHeaderNames } from '../identity/header-names.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { Principal } from '../principal.ts'

/** Calls other services on behalf of the caller. */
export interface Backends {
  /**
   * Calls `fetch` with an identity token for that audience in `X-Identity` and the id of the request in
   * `X-Request-Id`. An anonymous call has no token. Credentials of the client are never sent.
   *
   * Redirects of a GET within the origin are followed. A redirect to another origin is an error,
   * because the token would be sent there. Every other redirect is returned as the response.
   *
   * @throws TypeError if the URL is not http(s), or the backend cannot be reached
   * @throws RedirectedElsewhereError
   */
  fetch(audience: string, url: string | URL, init?: RequestInit): Promise<Response>
}

export class RedirectedElsewhereError extends Error {
  override readonly name = 'RedirectedElsewhereError'
}

export interface BackendsOptions {
  /** The issuer of identity tokens; `null` if there is none. Calls for a principal then fail. */
  readonly identity: IdentityIssuer | null
  /** The principal; `null` for an anonymous request. */
  readonly principal: Principal | null
  readonly requestId: string | null
  /** Returns a header of the current request, by its lower-case name. */
  readonly clientHeader: (name: string) => string | null
  /** The headers, in addition to `Authorization`, that carry credentials. In lower case. */
  readonly credentialHeaders: readonly string[]
  /** The function that sends requests. Default: the global `fetch`. */
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
      // The caller of `fetch` may set a credential for the backend. A credential that came from the
      // client is not sent.
      const sent = clientHeader(name)?.replace(/^\S+ +/, '')
      if (!sent) continue
      for (const [other, value] of [...headers]) if (value.includes(sent)) headers.delete(other)
    }
    if (principal !== null) {
      if (identity === null)
        throw new Error('Identity tokens cannot be signed: set IDENTITY_KEYS_FILE.')
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
        if (!/^https?:$/.test(target.protocol))
          throw new TypeError('The URL of a backend must be http or https.')
        const response = await send(target, { ...init, headers, redirect: 'manual' })
        const location = response.headers.get('location')
        if (!redirects.has(response.status) || location === null || redirect === 'manual') {
          return response
        }
        const next = new URL(location, target)
        if (next.origin !== target.origin || redirect === 'error' || followed >= maxRedirects) {
          await response.body?.cancel()
          throw new RedirectedElsewhereError(
            `${target.origin} redirected to another origin, too many times, or although redirects are errors.`,
          )
        }
        if (!/^(GET|HEAD)$/i.test(init.method ?? 'GET')) return response
        await response.body?.cancel()
        target = next
      }
    },
  }
}
