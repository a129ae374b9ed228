export interface CookieRules {
  readonly sameSite: 'Strict' | 'Lax'
  /** Seconds; 0 removes the cookie. Default: until the browser is closed. */
  readonly maxAgeSeconds?: number
}

/** The cookies of one page: that of its session, and that of a sign-in under way. */
export interface CookieNames {
  readonly session: string
  readonly signIn: string
}

/**
 * Returns the names of the cookies. With `__Host-`, a browser accepts them only over TLS, without `Domain` and
 * for the whole host (RFC 6265bis §4.1.3.2), so that no other host of the domain can set them.
 *
 * @param isSecure `false` on a loopback address without TLS
 */
export function cookieNames(isSecure: boolean): CookieNames {
  const prefix = isSecure ? '__Host-' : ''
  return { session: `${prefix}latchkey-session`, signIn: `${prefix}latchkey-sign-in` }
}

/**
 * Returns the value of a cookie. A browser sends a name once only; if it comes twice, another host has set one
 * of them, and none counts.
 *
 * Only the whitespace that a browser removes from a name is removed here (RFC 6265bis §5.6). After any other one,
 * such as a no-break space, the browser does not see the prefix `__Host-`, and any host of the domain can set the
 * cookie.
 */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null || !header.includes(name)) return null
  const values = header
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? (values[0] ?? null) : null
}

/** Returns the value of `Set-Cookie`. Scripts cannot read the cookie. */
export function setCookie(name: string, value: string, rules: CookieRules): string {
  const { sameSite, maxAgeSeconds } = rules
  return [
    `${name}=${value}`,
    'Path=/',
    'HttpOnly',
    ...(name.startsWith('__Host-') ? ['Secure'] : []),
    `SameSite=${sameSite}`,
    ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
  ].join('; ')
}
