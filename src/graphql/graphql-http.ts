import type { ExecutionResult, GraphQLSchema } from 'graphql'
import { denialIn } from './denial.ts'
import { requireGuarded } from './guard-schema.ts'
import { acceptedMediaType } from './media-types.ts'

/** The parts of a request of graphql-http that the hook uses. */
interface GraphQLHttpRequest {
  readonly headers: object
}

/** An answer of graphql-http: the body, and status and headers. */
type GraphQLHttpResponse = readonly [
  body: string,
  init: { status: number; statusText: string; headers: Record<string, string> },
]

/** The options of graphql-http for a schema that is guarded. */
export interface GraphqlHttpOptions {
  readonly schema: GraphQLSchema
  readonly onOperation: (
    request: GraphQLHttpRequest,
    args: object,
    result: ExecutionResult,
  ) => GraphQLHttpResponse | undefined
}

/**
 * Returns the options of graphql-http's `createHandler` for a schema that `guardSchema` guards: the answer to a
 * denied operation gets the HTTP status and headers of its error.
 *
 * @throws TypeError if the schema is not guarded, so that the server does not start
 */
export function graphqlHttpOptions(schema: GraphQLSchema): GraphqlHttpOptions {
  requireGuarded(schema)
  return { schema, onOperation: (request, _args, result) => deniedAnswer(request, result) }
}

function deniedAnswer(
  request: GraphQLHttpRequest,
  result: ExecutionResult,
): GraphQLHttpResponse | undefined {
  const failure = denialIn(result.errors)
  if (failure === null) return undefined
  const mediaType = acceptedMediaType(acceptOf(request)) ?? 'application/json'
  const headers = { ...failure.headers, 'content-type': `${mediaType}; charset=utf-8` }
  return [JSON.stringify(result), { status: failure.status, statusText: '', headers }]
}

/** Headers are those of a fetch Request, or an object as Node makes it. */
function acceptOf({ headers }: GraphQLHttpRequest): string | null {
  const accept: unknown =
    'get' in headers && typeof headers.get === 'function'
      ? headers.get('accept')
      : (headers as { accept?: unknown }).accept
  return typeof accept === 'string' ? accept : null
}
