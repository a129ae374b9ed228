import type { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { useAnswerOrigins } from '../yoga/answer-origins.ts'
import type { GraphQLAdmission } from '../yoga/graphql-admission.ts'
import { createOperationAdmission } from '../yoga/operation-admission.ts'
import { useDecision } from '../yoga/use-decision.ts'
import {
  maskError,
  type UseErrorAnswersOptions,
  useErrorAnswers,
} from '../yoga/use-error-answers.ts'
import { type PrincipalContext, usePrincipalOf } from '../yoga/use-principal.ts'
import { useParameters } from './graphql-parameters.ts'
import { type OperationParts, useDocumentReaders, useLimits, useOperations } from './operations.ts'
import type { RequestContext } from './request-context.ts'

export const graphqlPath = '/graphql'
/** The maximum size of a request body, in bytes. */
export const maxBodySize = 512 * 1024

export interface GraphQLServerParts extends OperationParts, UseErrorAnswersOptions {}

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
  const { schema, services, publicIntrospection, onBug, onOutage } = parts
  const operations = createOperationAdmission(admission)
  // `useErrorAnswers` logs it, with the id of the request.
  const refuse = (message: string) => maskError(new Error(message), '') as GraphQLError
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
      useDocumentReaders(services.operationGuards),
      useParameters,
      useLimits(parts),
      usePrincipalOf(admission),
      useOperations(parts),
      useDecision({
        admission,
        operations,
        isSchemaPrivate: !publicIntrospection,
        isLast: plugins === null,
      }),
      useErrorAnswers({ onBug, onOutage }),
      // Only further plugins can answer an operation without executing it.
      ...(plugins === null ? [] : [...plugins, useAnswerOrigins(admission, operations, refuse)]),
    ],
  })
}
