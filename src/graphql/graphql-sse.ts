import type { GraphQLSchema } from 'graphql'
import { LatchkeyError } from '../errors.ts'
import { requireGuarded } from './guard-schema.ts'

/** The parts of a request of graphql-sse that the hooks use. */
interface SseRequest {
  readonly raw: unknown
}

/** An answer of graphql-sse: the body, and status and headers. */
type SseResponse = readonly [
  body: string,
  init: { status: number; statusText: string; headers: Record<string, string> },
]

type SseHook = (request: SseRequest) => Promise<SseResponse | undefined>

/** The options of graphql-sse for a schema that is guarded. */
export interface GraphqlSseOptions {
  readonly schema: GraphQLSchema
  readonly onConnect: SseHook
  readonly onSubscribe: SseHook
}

export interface GraphqlSseGuard {
  /** `authenticate` of the guard that `createGuard` returns, for the requests of the server in use. */
  // biome-ignore lint/suspicious/noExplicitAny: the type of the requests depends on the server
  authenticate(request: any): unknown
}

/**
 * Returns the options of graphql-sse's `createHandler` for a schema that `guardSchema` guards: a request whose
 * credential is refused is answered with the HTTP status, the headers and the body of the error. In the "single
 * connection mode" each operation is authenticated by its own request.
 *
 * @throws TypeError if the schema is not guarded, so that the server does not start
 */
export function graphqlSseOptions(
  schema: GraphQLSchema,
  guard: GraphqlSseGuard,
): GraphqlSseOptions {
  requireGuarded(schema)
  const refuse: SseHook = async ({ raw }) => {
    try {
      await guard.authenticate(raw)
      return undefined
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error
      return refusedAnswer(error)
    }
  }
  return { schema, onConnect: refuse, onSubscribe: refuse }
}

function refusedAnswer({ status, headers, message, extensions }: LatchkeyError): SseResponse {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const body = JSON.stringify({ errors: [{ message, extensions }] })
  return [body, { status, statusText: '', headers: { ...headers, ...type } }]
}
