import { isLoopbackHost } from '../net/loopback.ts'

export { isLoopbackHost }

/** Returns the fault of a URL of keys, or `null`. It must be https, or http to this machine. */
export function keyUrlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return 'must be an absolute URL'
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password'
  if (url.protocol === 'https:') return null
  if (url.protocol === 'http:' && isLoopbackHost(url.hostname)) return null
  return 'must be https (http is allowed to this machine only, such as http://127.0.0.1:4000)'
}

/** Works like {@link keyUrlFault}, and also refuses a query and a fragment (RFC 8414 §2). */
export function issuerUrlFault(text: string): string | null {
  const fault = keyUrlFault(text)
  if (fault !== null) return fault
  return /[?#]/.test(text) ? 'must have no query and no fragment' : null
}

/**
 * Returns the URLs of an issuer's metadata. OpenID Connect Discovery §4 appends its well-known path to that of
 * the issuer; RFC 8414 §3.1 inserts its own before it.
 */
export function discoveryUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}
