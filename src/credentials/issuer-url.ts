import { isLoopbackHost } from '../net/loopback.ts'
import { isPrivateHost } from '../net/private-hosts.ts'

export { isLoopbackHost }

/**
 * Returns the fault of a URL of keys, or `null`. It must be https, or http to this machine.
 *
 * @param allowHttp whether http is also allowed to hosts of a private network
 */
export function keyUrlFault(text: string, allowHttp = false): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return 'must be an absolute URL'
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password'
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') return 'must be an https URL'
  if (isLoopbackHost(url.hostname)) return null
  if (!isPrivateHost(url.hostname)) {
    return 'must be https (http is allowed to this machine and, with `allowHttp`, to a private network)'
  }
  return allowHttp
    ? null
    : 'must be https (http to a private network needs `"allowHttp":true` in JWT_ISSUERS)'
}

/**
 * Returns the fault of the URL of an issuer, or `null`. It has no query and no fragment (RFC 8414 §2).
 *
 * @param isName whether nothing is fetched from the URL, because the keys have a URL of their own. Then http is
 *   allowed to any host, as in the name of AD FS.
 */
export function issuerUrlFault(text: string, allowHttp = false, isName = false): string | null {
  const isHttp = /^http:/i.test(text)
  const fault = keyUrlFault(isName && isHttp ? `https${text.slice(4)}` : text, allowHttp)
  if (fault !== null) return isHttp ? `${fault}, or set an https \`jwksUri\`` : fault
  return /[?#]/.test(text) ? 'must have no query and no fragment' : null
}

/** Whether `text` is a URL without TLS that leads to another machine. */
export function isRemoteHttp(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  return url?.protocol === 'http:' && !isLoopbackHost(url.hostname)
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
