import { GraphQLError } from 'graphql'
import { isNodeRequest } from '../admission/request-carrier.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import {
  mayHaveDroppedHeaders,
  type RawHeaders,
  repeatedHeader,
} from '../credentials/raw-headers.ts'
import { withoutStack } from '../without-stack.ts'

/**
 * Finds the request of Node's HTTP server in Yoga's server context: `req`, which Yoga's request listener
 * sets, or `req.raw`, where `req` is the request of a framework. `null`: it is another kind of server.
 */
export function nodeRequestOf(serverContext: object): RawHeaders | null {
  const { req } = serverContext as { req?: { raw?: unknown } | null }
  if (isNodeRequest(req)) return req
  const raw = req?.raw
  return isNodeRequest(raw) ? raw : null
}

/** Returns a 431 error if headers of the request may be missing; `null` if all are present. */
export function missingHeadersRefusal(request: RawHeaders | null): GraphQLError | null {
  return request !== null && mayHaveDroppedHeaders(request) ? tooManyHeaders : null
}

const tooManyHeaders = withoutStack(
  new GraphQLError('The request has too many headers.', {
    extensions: { code: 'REQUEST_HEADER_FIELDS_TOO_LARGE', http: { status: 431 } },
  }),
)

/**
 * Returns the headers and query parameters of a request, with every value of a repeated header, also where
 * Node kept only the first.
 *
 * @param node the same request on Node
 */
export function carrierOf(request: Request, url: URL, node: RawHeaders | null): CredentialCarrier {
  return new RequestCarrier(request, url, node)
}

/** A class, because an object with a function for each member takes several times as long to create. */
class RequestCarrier implements CredentialCarrier {
  readonly #request: Request
  readonly #url: URL
  readonly #node: RawHeaders | null

  constructor(request: Request, url: URL, node: RawHeaders | null) {
    this.#request = request
    this.#url = url
    this.#node = node
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | null {
    const value = this.#request.headers.get(name)
    // A header that the application has removed or replaced stays so.
    return value === null || this.#node === null
      ? value
      : (repeatedHeader(this.#node, name) ?? value)
  }

  queryParameters(name: string): string[] {
    return this.#url.searchParams.getAll(name)
  }

  clientAddress(): string | null {
    return peerAddressOf(this.#node)
  }
}

/** Returns `ip` of a framework's request, which follows its setting for proxies, or the peer of the connection. */
function peerAddressOf(node: RawHeaders | null): string | null {
  const { ip, socket } = (node ?? {}) as {
    readonly ip?: unknown
    readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
  }
  return typeof ip === 'string' ? ip : (socket?.remoteAddress ?? null)
}
