import { isLoopbackHost } from '../net/loopback.ts'

/** The variables that name a proxy, as other programs read them. The first that is set counts. */
export const proxyVariables = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const

/**
 * Fetches the metadata or the keys of an issuer: through the proxy that HTTPS_PROXY or HTTP_PROXY names, except
 * for the hosts in NO_PROXY and for this machine. TLS ends at the issuer, because the proxy only forwards bytes
 * (CONNECT, RFC 9110 §9.3.6).
 */
export const fetchFromIssuer: typeof fetch = async (input, init) => {
  const isProxied = proxyVariables.some((name) => process.env[name])
  if (!isProxied || isLoopbackHost(new URL(String(input)).hostname)) return await fetch(input, init)
  proxiedFetch ??= loadProxiedFetch()
  return await (await proxiedFetch)(input, init)
}

/** The maximum wait for the answer of a proxy to CONNECT, in milliseconds. */
const proxyTimeoutMs = 5_000

let proxiedFetch: Promise<typeof fetch> | undefined

/** Loads the HTTP client with proxies, which most servers do not need. */
async function loadProxiedFetch(): Promise<typeof fetch> {
  const { EnvHttpProxyAgent, Pool, fetch: proxied } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({
    // The signal of a fetch does not end its wait for a proxy that accepts the connection and never answers.
    clientFactory: (proxy, options) =>
      new Pool(proxy, { ...options, headersTimeout: proxyTimeoutMs }),
  })
  // Its types differ from those of Node's own fetch in names only.
  return ((input: string, init?: object) =>
    proxied(input, { ...init, dispatcher })) as unknown as typeof fetch
}
