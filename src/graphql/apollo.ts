import type { GraphQLError, GraphQLSchema } from 'graphql'
import { LatchkeyError } from '../errors.ts'
import { denialIn } from './denial.ts'
import { requireGuarded } from './guard-schema.ts'

/** The parts of an answer of Apollo Server that the plugin uses. */
interface ApolloAnswer {
  readonly errors?: readonly GraphQLError[]
  readonly response: {
    readonly http: { status?: number; readonly headers: Pick<Map<string, string>, 'set'> }
  }
}

/** A plugin of Apollo Server 4 or 5, without a dependency on it. */
export interface ApolloGuardPlugin {
  serverWillStart(): Promise<{
    schemaDidLoadOrUpdate(schemas: { readonly apiSchema: GraphQLSchema }): void
  }>
  contextCreationDidFail(failed: { readonly error: Error }): Promise<void>
  requestDidStart(): Promise<{ willSendResponse(answer: ApolloAnswer): Promise<void> }>
}

/**
 * The plugin of Apollo Server for a schema that `guardSchema` guards: the answer to a denied operation gets the
 * HTTP status and headers of its error. So does the answer to a request whose credential the function `context` of
 * the server refused. The server does not start with a schema that is not guarded.
 */
export function apolloGuardPlugin(): ApolloGuardPlugin {
  return {
    async serverWillStart() {
      return { schemaDidLoadOrUpdate: ({ apiSchema }) => requireGuarded(apiSchema) }
    },
    async contextCreationDidFail({ error }) {
      if (error instanceof LatchkeyError) setHttp(error)
    },
    requestDidStart: () => listening,
  }
}

/**
 * Adds the status and headers to the error in the form that Apollo Server reads. Otherwise it answers every error of
 * `context` with 500. It has no hook that gets the answer, and no other way for a hook to set the status.
 */
function setHttp(error: LatchkeyError) {
  if ('http' in error.extensions) return // Refusals are created once, and thrown for many requests.
  const http = { status: error.status, headers: new Map(Object.entries(error.headers)) }
  Object.defineProperty(error, 'extensions', { value: { ...error.extensions, http } })
}

/** Apollo Server requires promises. The same two serve all requests. */
const done = Promise.resolve()
const listening = Promise.resolve({
  willSendResponse({ errors, response: { http } }: ApolloAnswer): Promise<void> {
    const failure = denialIn(errors)
    if (failure === null) return done
    http.status = failure.status
    for (const [name, value] of Object.entries(failure.headers)) http.headers.set(name, value)
    return done
  },
})
