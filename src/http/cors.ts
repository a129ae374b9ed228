/** The web pages that may call from a browser (Fetch §3.2). */
export interface CorsOptions {
  /**
   * Allowed origins, exactly as a browser sends them in `Origin`, such as `https://app.example.com`. Empty:
   * none.
   */
  readonly origins: readonly string[]
  /** Headers that carry credentials, in lower case. They are allowed also where a preflight does not name them. */
  readonly credentialHeaders: readonly string[]
}

export interface Cors {
  /**
   * Answers a preflight request, and allows every header that it names: tracing and client libraries add
   * headers of their own. Returns `null` if the request is not a preflight, or its origin is not allowed.
   */
  preflight(request: Request): Response | null
  /**
   * Returns the headers that let a page of `origin` read the answer, if it may. Returns the same object each
   * time.
   */
  shareHeaders(origin: string | null): Readonly<Record<string, string>>
  /**
   * Returns the same headers for an answer to a request that could not be read. If its origin is unknown
   * (`null`) and only one origin is allowed, the headers name that one: a browser compares it with the origin
   * of the page.
   */
  shareUnreadable(origin: string | null): Readonly<Record<string, string>>
}

const exposedHeaders = 'www-authenticate, retry-after, x-request-id'
/**
 * The time that a browser may cache the answer to a preflight, in seconds: the maximum that Chromium accepts.
 */
const maxAge = '7200'

/** A header name (RFC 9110 §5.1), in lower case. */
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

const noHeaders = {}
const varyOnly = { vary: 'Origin' }

/**
 * Allows the listed origins only, without wildcards. The cookie of a session counts only in requests of the server's
 * own page, so `Access-Control-Allow-Credentials` is never sent.
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
  const usualHeaders = ['content-type', ...credentialHeaders]
  const [firstOrigin = null] = origins

  function shareHeaders(origin: string | null): Readonly<Record<string, string>> {
    if (headersByOrigin.size === 0) return noHeaders
    return headersByOrigin.get(origin ?? '') ?? varyOnly
  }

  return {
    preflight(request) {
      const { method, headers } = request
      if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return null
      if (!headersByOrigin.has(headers.get('origin') ?? '')) return null
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': [
            ...new Set([...usualHeaders, ...requestedHeaders(headers)]),
          ].join(', '),
          'access-control-max-age': maxAge,
          vary: 'Access-Control-Request-Headers',
        },
      })
    },

    shareHeaders,
    shareUnreadable: (origin) =>
      shareHeaders(headersByOrigin.size === 1 ? (origin ?? firstOrigin) : origin),
  }
}

function requestedHeaders(headers: Headers): string[] {
  return (headers.get('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => headerName.test(name))
}
