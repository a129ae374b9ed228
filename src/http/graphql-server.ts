import type { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { createAnswerOrigins } from '../yoga/answer-origins.ts'
import type { GraphQLAdmission } from '../yoga/graphql-admission.ts'
import { createOperationAdmission, type OperationAdmission } from '../yoga/operation-admission.ts'
import { useDecision } from '../yoga/use-decision.ts'
import { useDocumentReaders } from '../yoga/use-document-readers.ts'
import { maskError, useErrorAnswers } from '../yoga/use-error-answers.ts'
import { type PrincipalContext, usePrincipalOf } from '../yoga/use-principal.ts'
import { useParameters } from './graphql-parameters.ts'
import { type OperationParts, useLimits, useOperations } from './operations.ts'
import type { RequestContext } from './request-context.ts'

export const graphqlPath = '/graphql'
/** The maximum size of a request body, in bytes. */
export const maxBodySize = 512 * 1024

export interface GraphQLServerParts extends OperationParts {
  /** Called once for each unexpected error. */
  readonly onBug: (cause: unknown, requestId: string) => void
  /** Called for each reason why fields could not be resolved. */
  readonly onOutage: (reason: string, requestId: string) => void
}

/** The server context that each request passes to Yoga. */
export type ServerContext = RequestContext & PrincipalContext

/**
 * Creates the Yoga server that answers operations of requests that have passed `admission`.
 *
 * @param plugins further plugins, which run after Latchkey's own; `null`: none
 */
export function createGraphQLServer(
  parts: GraphQLServerParts,
  admission: GraphQLAdmission,
  plugins: readonly Plugin[] | null,
) {
  const { schema, services, onBug, onOutage } = parts
  const operations = createOperationAdmission(admission)
  const isAnonymous = (context: object) => (context as RequestContext).admission.principal === null
  return createYoga<ServerContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    logging: false,
    maxRequestBodySize: maxBodySize,
    parserAndValidationCache: false,
    maskedErrors: { maskError, errorMessage: '' },
    plugins: [
      useDocumentReaders(services.operationGuards, isAnonymous),
      useParameters,
      useLimits(parts),
      usePrincipalOf(admission),
      useOperations(parts),
      useDecision({
        admission,
        operations,
        isSchemaPrivate: !parts.publicIntrospection,
        isLast: plugins === null,
      }),
      useErrorAnswers({ onBug, onOutage }),
      ...(plugins === null ? [] : withAnswerOrigins(plugins, admission, operations)),
    ],
  })
}

/** Only further plugins can answer an operation without executing it. */
function withAnswerOrigins(
  plugins: readonly Plugin[],
  admission: GraphQLAdmission,
  operations: OperationAdmission,
): readonly Plugin[] {
  const origins = createAnswerOrigins(
    admission,
    operations,
    // `useErrorAnswers` reports it, with the id of the request.
    (message) => maskError(new Error(message), '') as GraphQLError,
  )
  return [...plugins, origins] as readonly Plugin[]
}
