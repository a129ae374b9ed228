/** Which pages elsewhere may call from a browser, and what they may send and read (Fetch §3.2). */
export interface CorsOptions {
  /** Exactly as a browser sends them in `Origin`, such as `https://app.example.com`. Empty: none. */
  readonly origins: readonly string[]
  /** Headers for credentials, in lower case. */
  readonly credentialHeaders: readonly string[]
}

export interface Cors {
  /** The answer to a browser that asks before it sends; `null` when it is not one, or not to be let in. */
  preflight(request: Request): Response | null
  /** Headers that let a page of that origin read the answer, where it may; the same object each time. */
  shareHeaders(origin: string | null): Readonly<Record<string, string>>
}

const exposedHeaders = 'www-authenticate, retry-after, x-request-id'
/** Seconds that a browser remembers the answer to a preflight. Chromium keeps none for longer. */
const maxAge = '7200'

const noHeaders = {}
const varyOnly = { vary: 'Origin' }

/**
 * Only the origins that are listed, each by name. Cookies are nothing to this server, so
 * `Access-Control-Allow-Credentials` is never sent.
 */
export function createCors({ origins, credentialHeaders }: CorsOptions): Cors {
  /** One object to an origin, by which what was made of it can be remembered. */
  const headersByOrigin: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
    origins.map((origin) => [
      origin,
      {
        ...varyOnly,
        'access-control-allow-origin': origin,
        'access-control-expose-headers': exposedHeaders,
      },
    ]),
  )
  const allowedHeaders = [...new Set(['content-type', ...credentialHeaders])].join(', ')

  return {
    preflight(request) {
      const { method, headers } = request
      if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return null
      if (!headersByOrigin.has(headers.get('origin') ?? '')) return null
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': allowedHeaders,
          'access-control-max-age': maxAge,
        },
      })
    },

    shareHeaders(origin) {
      if (headersByOrigin.size === 0) return noHeaders
      return headersByOrigin.get(origin ?? '') ?? varyOnly
    },
  }
}
