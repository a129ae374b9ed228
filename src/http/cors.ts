/** The web pages that may call from a browser, and the headers that they may send (Fetch §3.2). */
export interface CorsOptions {
  /**
   * Allowed origins, exactly as a browser sends them in `Origin`, such as `https://app.example.com`. Empty:
   * none.
   */
  readonly origins: readonly string[]
  /** Headers that carry credentials, in lower case. */
  readonly credentialHeaders: readonly string[]
}

export interface Cors {
  /** Answers a preflight request; `null` if the request is not a preflight, or its origin is not allowed. */
  preflight(request: Request): Response | null
  /**
   * Returns the headers that let a page of `origin` read the answer, if it may. Returns the same object each
   * time.
   */
  shareHeaders(origin: string | null): Readonly<Record<string, string>>
}

const exposedHeaders = 'www-authenticate, retry-after, x-request-id'
/**
 * The time that a browser may cache the answer to a preflight, in seconds: the maximum that Chromium accepts.
 */
const maxAge = '7200'

const noHeaders = {}
const varyOnly = { vary: 'Origin' }

/**
 * Allows the listed origins only, without wildcards. The server does not read cookies, so
 * `Access-Control-Allow-Credentials` is never sent.
 */
export function createCors({ origins, credentialHeaders }: CorsOptions): Cors {
  /** One object for each origin, so that callers can cache results by it. */
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
