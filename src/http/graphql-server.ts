import { createYoga, type Plugin } from 'graphql-yoga'
import type { GraphQLAdmission } from '../yoga/graphql-admission.ts'
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
 * @param plugins further plugins, which run after Latchkey's own
 */
export function createGraphQLServer(
  parts: GraphQLServerParts,
  admission: GraphQLAdmission,
  plugins: readonly Plugin[],
) {
  const { schema, services, onBug, onOutage } = parts
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
      usePrincipalOf(admission, { isSchemaPrivate: !parts.publicIntrospection }),
      useOperations(parts),
      useErrorAnswers({ onBug, onOutage }),
      ...plugins,
    ],
  })
}
