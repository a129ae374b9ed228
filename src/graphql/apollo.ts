import type { GraphQLError, GraphQLSchema } from 'graphql'
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
  requestDidStart(): Promise<{ willSendResponse(answer: ApolloAnswer): Promise<void> }>
}

/**
 * The plugin of Apollo Server for a schema that `guardSchema` guards: the answer to a denied operation gets the
 * HTTP status and headers of its error. The server does not start with a schema that is not guarded.
 */
export function apolloGuardPlugin(): ApolloGuardPlugin {
  return {
    async serverWillStart() {
      return { schemaDidLoadOrUpdate: ({ apiSchema }) => requireGuarded(apiSchema) }
    },
    requestDidStart: () => listening,
  }
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
