import { type ExecutionArgs, execute, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { IdentityIssuer } from '../identity/issuer.ts'
import { type Context, RequestLoaders, type Services } from '../schema/context.ts'
import type { RequestGate } from '../yoga/request-gate.ts'
import { useBackends } from '../yoga/use-backends.ts'
import { maskError, useErrorAnswers } from '../yoga/use-error-answers.ts'
import { useOperationLimits } from '../yoga/use-operation-limits.ts'
import { type PrincipalContext, usePrincipalOf } from '../yoga/use-principal.ts'
import { usePrivateSchema } from '../yoga/use-private-schema.ts'
import { useParameters } from './graphql-parameters.ts'
import type { RequestContext } from './request-context.ts'
import { useTimeLimit } from './time-limit.ts'

export const graphqlPath = '/graphql'
/** Bytes. */
export const maxBodySize = 1_000_000

export interface YogaServerParts {
  readonly schema: GraphQLSchema
  readonly services: Services
  /** `null`: there are no identity tokens. */
  readonly identity: IdentityIssuer | null
  /** The headers that credentials come in beside `Authorization`. */
  readonly credentialHeaders: readonly string[]
  readonly graphiql: boolean
  /** Milliseconds that an operation may take. */
  readonly timeLimit: number
  /** Whether the anonymous may see the schema and ask about scopes. */
  readonly publicIntrospection: boolean
  /** Told each bug once. */
  readonly onBug: (cause: unknown, requestId: string) => void
}

/** What a request brings to Yoga. */
export type ServerContext = RequestContext & PrincipalContext
export type YogaServer = ReturnType<typeof createYogaServer>

/**
 * Yoga with all that answers an operation, for requests that have passed `gate`.
 *
 * @param plugins run after our own
 */
export function createYogaServer(
  parts: YogaServerParts,
  gate: RequestGate,
  plugins: readonly Plugin[],
) {
  const { schema, services, identity, credentialHeaders, graphiql, timeLimit, onBug } = parts
  const isAnonymous = (context: object) =>
    (context as RequestContext).seen.authentication?.kind !== 'authenticated'
  return createYoga<ServerContext, Omit<Context, 'principal' | 'backends'>>({
    schema,
    graphqlEndpoint: graphqlPath,
    graphiql: graphiql ? { title: 'Latchkey', defaultQuery } : false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    logging: false,
    maxRequestBodySize: maxBodySize,
    parserAndValidationCache: { validationCache: false },
    maskedErrors: { maskError, errorMessage: '' },
    context: ({ requestId }) => ({
      requestId,
      services,
      loaders: new RequestLoaders(services),
      deadline: { passed: false },
    }),
    plugins: [
      executor,
      useTimeLimit(timeLimit),
      useOperationLimits({
        ...services.documentLimits,
        seesSuggestions: (context) => !isAnonymous(context),
      }),
      ...(parts.publicIntrospection ? [] : [usePrivateSchema(['scopes', 'requiredScopes'])]),
      useParameters,
      usePrincipalOf(gate),
      useBackends({ identity, credentialHeaders }),
      useErrorAnswers({
        requestIdOf: (serverContext) => (serverContext as RequestContext).requestId,
        onBug,
      }),
      ...plugins,
    ],
  })
}

/**
 * Yoga's own executor answers fields in the order in which they were resolved; graphql-js keeps that of
 * the selection (GraphQL §7.2.2), so that equal questions get equal answers to the byte. It also leaves
 * suggestions out of what it says about the variables of the anonymous.
 */
const executor: Plugin<PrincipalContext> = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(executeInOrder),
}

/** Written out, since an object of one shape each time is read several times as fast. */
function executeInOrder(args: ExecutionArgs) {
  const { principal } = args.contextValue as PrincipalContext
  return execute({
    schema: args.schema,
    document: args.document,
    rootValue: args.rootValue,
    contextValue: args.contextValue,
    variableValues: args.variableValues ?? null,
    operationName: args.operationName ?? null,
    hideSuggestions: principal === null,
  })
}

const defaultQuery = `# Put a credential into the headers below:
#   { "Authorization": "Bearer <API key or JWT>" }
{
  viewer {
    subject
    scopes
    credential { kind name expiresAt }
  }
}
`
