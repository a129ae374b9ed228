import { createAdmission } from '../admission/admission.ts'
import type { FailureLimiter } from '../admission/failure-limiter.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { createGraphQL } from '../http/graphql.ts'
import type { RequestContext } from '../http/request-context.ts'
import { createPacing } from '../limits/pacing.ts'
import type { Services } from '../schema/context.ts'
import { createSchema } from '../schema/index.ts'

interface Log {
  warn(details: object, message: string): void
}

/** The time limit of an operation, in milliseconds. */
const timeLimit = 10_000

/**
 * Creates the GraphQL endpoint of a page in an application: the server's schema on the services of
 * `connectLatchkey`. Of the scopes of fields and operations it tells those in `describedSchema`.
 */
export function createEmbeddedGraphQL(
  services: Services,
  authenticator: Authenticator,
  failures: FailureLimiter,
  log: Log,
): (request: Request, context: RequestContext) => Promise<Response> {
  const { handle } = createGraphQL({
    admission: createAdmission<RequestContext>({
      authenticator,
      refusalError: ({ error }, context) => failures.errorFor(error, context.clientAddress()),
    }),
    pacing: createPacing(),
    schema: createSchema(services.catalogue),
    services,
    identity: null,
    credentialHeaders: ['x-api-key'],
    graphiql: null,
    timeLimit,
    publicIntrospection: false,
    plugins: [],
    onBug: (cause, requestId) => log.warn({ err: cause, requestId }, 'a field failed'),
    onOutage: (reason, requestId) =>
      log.warn({ reason, requestId }, 'fields could not be resolved'),
  })
  return handle
}
