/** The headers of fetch (`Headers`) or of Node (names in lower case). */
export type HeadersLike =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** A request of fetch, Node, Express or Fastify, or its headers. */
export type RequestLike = { readonly headers: HeadersLike } | HeadersLike

const name = 'x-identity'

/**
 * Returns the `X-Identity` header of a request; empty if it has none. Several headers are joined, which
 * is never a valid token.
 */
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
