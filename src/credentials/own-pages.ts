import type { CredentialCarrier } from './presented-credential.ts'

/** The property of a request because of which no session counts for it. */
export type NotOwnPage = 'method' | 'content-type' | 'origin'

/**
 * Checks that a request can only come from a page of the application, so that a cookie may count. A browser
 * may send the cookie with requests of other pages too (CSRF), but no page can set `Sec-Fetch-Site` or `Origin`.
 *
 * @param origins the origins of further pages that may use a session
 * @returns `null` if it does
 */
export function notFromOwnPage(
  carrier: CredentialCarrier,
  origins: ReadonlySet<string>,
): NotOwnPage | null {
  if (carrier.method === 'POST') {
    if (!isJson(carrier)) return 'content-type'
    return isFromAllowedOrigin(carrier, origins) ? null : 'origin'
  }
  // Browsers send the `Origin` of each WebSocket, and apply no other rule to it.
  if (carrier.method === 'GET' && carrier.header('upgrade')?.toLowerCase() === 'websocket') {
    const isOwn = hasAllowedOrigin(carrier, origins) && isFromAllowedOrigin(carrier, origins)
    return isOwn ? null : 'origin'
  }
  return 'method'
}

/**
 * Whether a request can only come from a script of a page of `origin`: a POST of JSON that a browser marks as
 * such. Programs may send these headers too, but they have no cookie of a browser.
 */
export function isFromOrigin(carrier: CredentialCarrier, origin: string): boolean {
  if (carrier.method !== 'POST' || !isJson(carrier)) return false
  const site = carrier.header('sec-fetch-site')
  return site === null ? carrier.header('origin') === origin : site === 'same-origin'
}

function isJson(carrier: CredentialCarrier): boolean {
  const [type = ''] = carrier.header('content-type')?.split(';') ?? []
  return type.trim().toLowerCase() === 'application/json'
}

/** Only browsers without `Sec-Fetch-Site`, and pages over http, are recognised by `Origin` alone. */
function isFromAllowedOrigin(carrier: CredentialCarrier, origins: ReadonlySet<string>): boolean {
  const site = carrier.header('sec-fetch-site')
  if (site === 'same-origin') return true
  if (site === null) return hasAllowedOrigin(carrier, origins)
  return origins.has(carrier.header('origin') ?? '')
}

function hasAllowedOrigin(carrier: CredentialCarrier, origins: ReadonlySet<string>): boolean {
  const origin = carrier.header('origin')
  if (origin === null) return false
  return origins.has(origin) || isOwnOrigin(origin, carrier.header('host'))
}

/** The scheme is not compared: behind a proxy that ends TLS, the application does not know it. */
function isOwnOrigin(origin: string, host: string | null): boolean {
  if (host === null || !URL.canParse(origin)) return false
  const { protocol, host: originHost } = new URL(origin)
  // An equal host with another default port has another origin.
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === originHost
}
