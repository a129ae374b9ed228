import { GraphQLError } from 'graphql'
import {
  mayHaveDroppedHeaders,
  type RawHeaders,
  repeatedHeader,
} from '../credentials/raw-headers.ts'
import { withoutStack } from '../without-stack.ts'

/**
 * Node's own request in Yoga's server context, where the server is Node's: `req` as Yoga's request
 * listener puts it there, or that of a framework, which has it as `raw`.
 */
export function nodeRequestOf(serverContext: object): RawHeaders | null {
  const { req } = serverContext as { req?: { raw?: unknown } | null }
  return [req, req?.raw].find(hasRawHeaders) ?? null
}

function hasRawHeaders(request: unknown): request is RawHeaders {
  return Array.isArray((request as Partial<RawHeaders> | null | undefined)?.rawHeaders)
}

/** Why a request of which headers may be missing is refused; `null` where all are there. */
export function missingHeadersRefusal(request: RawHeaders | null): GraphQLError | null {
  return request !== null && mayHaveDroppedHeaders(request) ? tooManyHeaders : null
}

const tooManyHeaders = withoutStack(
  new GraphQLError('The request has too many headers.', {
    extensions: { code: 'REQUEST_HEADER_FIELDS_TOO_LARGE', http: { status: 431 } },
  }),
)

/**
 * Reads the headers of a request. One that came more than once is read as such, also where Node kept
 * the first alone.
 */
export function headerReaderOf(
  { headers }: Request,
  request: RawHeaders | null,
): (name: string) => string | null {
  return (name) => {
    const value = headers.get(name)
    // What an application has taken away or set by itself stands.
    return value === null || request === null ? value : (repeatedHeader(request, name) ?? value)
  }
}
