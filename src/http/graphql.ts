import { execute, GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Authenticator } from '../credentials/authenticator.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import { type Context, createLoaders, type Services } from '../schema/context.ts'
import { errorResponse } from '../yoga/error-response.ts'
import { useBackends } from '../yoga/use-backends.ts'
import { maskError, maskedError, useErrorAnswers } from '../yoga/use-error-answers.ts'
import { useOperationLimits } from '../yoga/use-operation-limits.ts'
import { type PrincipalContext, usePrincipal } from '../yoga/use-principal.ts'
import { usePrivateSchema } from '../yoga/use-private-schema.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import type { RequestContext } from './request-context.ts'
import { graphiqlPolicy } from './security-headers.ts'
import { useTimeLimit } from './time-limit.ts'

export const graphqlPath = '/graphql'
/** Bytes. */
const maxBodySize = 1_000_000

export interface GraphQLHandlerParts {
  readonly schema: GraphQLSchema
  readonly authenticator: Authenticator
  readonly services: Services
  readonly failures: FailureLimiter
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

export type GraphQLHandler = (request: Request, context: RequestContext) => Promise<Response>

/** Answers requests for the GraphQL path. */
export function createGraphQLHandler(parts: GraphQLHandlerParts): GraphQLHandler {
  const { schema, authenticator, services, failures, identity, credentialHeaders } = parts
  const { graphiql, timeLimit, onBug } = parts
  const isAnonymous = (context: object) =>
    (context as RequestContext).seen.authentication?.kind !== 'authenticated'
  const yoga = createYoga<
    RequestContext & PrincipalContext,
    Omit<Context, 'principal' | 'backends'>
  >({
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
      loaders: createLoaders(services),
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
      usePrincipal({
        authenticator,
        onAuthentication: (authentication, serverContext) => {
          const { seen } = serverContext as RequestContext
          seen.authentication = authentication
        },
        refusalError: ({ error }, serverContext) =>
          failures.errorFor(error, (serverContext as RequestContext).clientAddress),
      }),
      useBackends({ identity, credentialHeaders }),
      useErrorAnswers({
        requestIdOf: (serverContext) => (serverContext as RequestContext).requestId,
        onBug,
      }),
    ],
  })

  return async (request, context) => {
    const fault = mediaTypeFault(request)
    if (fault !== null) return errorResponse(fault, request.headers.get('accept'))
    try {
      const response = await yoga.fetch(request, context as RequestContext & PrincipalContext)
      if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
      if (graphiql && response.headers.get('content-type') === 'text/html') {
        response.headers.set('content-security-policy', graphiqlPolicy)
      }
      return response
    } catch (error) {
      // What breaks before an operation is read breaks outside of Yoga's own error handling.
      onBug(error, context.requestId)
      return errorResponse(maskedError(context.requestId), request.headers.get('accept'))
    }
  }
}

/**
 * Yoga's own executor answers fields in the order in which they were resolved; graphql-js keeps that of
 * the selection (GraphQL §7.2.2), so that equal questions get equal answers to the byte. It also leaves
 * suggestions out of what it says about the variables of the anonymous.
 */
const executor: Plugin<PrincipalContext> = {
  onExecute: ({ args, setExecuteFn }) => {
    const hideSuggestions = (args.contextValue as PrincipalContext).principal === null
    setExecuteFn((own) => execute({ ...own, hideSuggestions }))
  },
}

/**
 * A POST is read as JSON only. Forms and plain text are what a page elsewhere can make a browser send
 * without asking first.
 */
function mediaTypeFault(request: Request): GraphQLError | null {
  if (request.method !== 'POST') return null
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim()
  if (type === 'application/json') return null
  if (type?.toLowerCase() === 'application/json') {
    // The case of a media type means nothing (RFC 9110 §8.3.1) but to what reads it next.
    request.headers.set('content-type', 'application/json')
    return null
  }
  return new GraphQLError('Send the request as application/json.', {
    extensions: {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      http: { status: 415, headers: { 'accept-post': 'application/json' } },
    },
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
