/** Headers as fetch has them (`Headers`), or as Node has them (names in lower case). */
export type HeadersLike =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** A fetch `Request`, one of Node's, Express's or Fastify's, or the headers alone. */
export type RequestLike = { readonly headers: HeadersLike } | HeadersLike

const name = 'x-identity'

/** `X-Identity` of a request; empty where there is none. Several are joined, which no token is. */
export function readIdentityHeader(request: RequestLike): string {
  const headers = headersOf(request)
  const value = hasGet(headers) ? headers.get(name) : headers[name]
  return (typeof value === 'object' ? value?.join(', ') : value) ?? ''
}

function headersOf(request: RequestLike): HeadersLike {
  const { headers } = request as { readonly headers?: unknown }
  return typeof headers === 'object' && headers !== null
    ? (headers as HeadersLike)
    : (request as HeadersLike)
}

function hasGet(headers: HeadersLike): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function'
}
