import { GraphQLError } from 'graphql'
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
  return [req, req?.raw].find(hasRawHeaders) ?? null
}

function hasRawHeaders(request: unknown): request is RawHeaders {
  return Array.isArray((request as Partial<RawHeaders> | null | undefined)?.rawHeaders)
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
 * Returns a function that reads the headers of a request. It finds every value of a repeated header, also
 * where Node kept only the first.
 */
function headerReaderOf(
  { headers }: Request,
  request: RawHeaders | null,
): (name: string) => string | null {
  return (name) => {
    const value = headers.get(name)
    // A header that the application has removed or replaced stays so.
    return value === null || request === null ? value : (repeatedHeader(request, name) ?? value)
  }
}

/** Returns the headers and query parameters of a request. @param node the same request on Node */
export function carrierOf(request: Request, url: URL, node: RawHeaders | null): CredentialCarrier {
  return {
    header: headerReaderOf(request, node),
    queryParameters: (name) => url.searchParams.getAll(name),
    method: request.method,
  }
}
