import { createYoga, type Plugin } from 'graphql-yoga'
import type { GraphQLAdmission } from '../yoga/graphql-admission.ts'
import { useDocumentReaders } from '../yoga/use-document-readers.ts'
import { maskError, useErrorAnswers } from '../yoga/use-error-answers.ts'
import { type PrincipalContext, usePrincipalOf } from '../yoga/use-principal.ts'
import { useParameters } from './graphql-parameters.ts'
import { type OperationParts, useLimits, useOperations } from './operations.ts'
import type { RequestContext } from './request-context.ts'

export const graphqlPath = '/graphql'
/** Bytes. */
export const maxBodySize = 1_000_000

export interface GraphQLServerParts extends OperationParts {
  readonly graphiql: boolean
  /** Told each bug once. */
  readonly onBug: (cause: unknown, requestId: string) => void
  readonly onOutage: (reason: string, requestId: string) => void
}

/** What a request brings to Yoga. */
export type ServerContext = RequestContext & PrincipalContext

/**
 * Yoga with all that answers an operation, for requests that have passed `admission`.
 *
 * @param plugins run after our own
 */
export function createGraphQLServer(
  parts: GraphQLServerParts,
  admission: GraphQLAdmission,
  plugins: readonly Plugin[],
) {
  const { schema, services, graphiql, onBug, onOutage } = parts
  const isAnonymous = (context: object) => (context as RequestContext).admission.principal === null
  return createYoga<ServerContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    graphiql: graphiql ? { title: 'Latchkey', defaultQuery } : false,
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
      useErrorAnswers({ onBug, onOutage }),
      ...plugins,
    ],
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
