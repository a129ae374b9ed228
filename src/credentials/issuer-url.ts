import { isLoopbackHost } from '../net/loopback.ts'

export { isLoopbackHost }

/** What is wrong with a URL that keys are to be had from, or `null`: https, or http to this machine. */
export function keyUrlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return 'must be an absolute URL'
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password'
  if (url.protocol === 'https:') return null
  if (url.protocol === 'http:' && isLoopbackHost(url.hostname)) return null
  return 'must be https (http only to this machine, such as http://127.0.0.1:4000)'
}

/** The same, also refusing what an issuer identifier never has (RFC 8414 §2). */
export function issuerUrlFault(text: string): string | null {
  const fault = keyUrlFault(text)
  if (fault !== null) return fault
  return /[?#]/.test(text) ? 'must have no query and no fragment' : null
}

/**
 * Where an issuer's metadata may be: OpenID Connect Discovery §4 appends to the issuer's path,
 * RFC 8414 §3.1 puts its name before it.
 */
export function discoveryUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}
