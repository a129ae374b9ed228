import { GraphQLError, Kind } from 'graphql'
import type { MaskError, Plugin } from 'graphql-yoga'

/** What a masked error stood for, so that it can be logged with the id its caller is given. */
const causes = new WeakMap<GraphQLError, unknown>()

/** Lets through what was made to be told, and masks the rest as a bug. For Yoga's `maskedErrors`. */
export const maskError: MaskError = (error) => {
  const input = inputError(error)
  if (input !== null) return input
  if (error instanceof GraphQLError && error.originalError == null) return error
  const masked = new GraphQLError('Something went wrong on our side.', {
    ...(error instanceof GraphQLError && { nodes: error.nodes ?? null, path: error.path ?? null }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', http: { status: 500 } },
  })
  causes.set(masked, error instanceof GraphQLError ? (error.originalError ?? error) : error)
  return masked
}

export interface UseMaskedErrorsOptions {
  readonly requestIdOf: (serverContext: object) => string
  /** Told each bug once, with the id that its caller was given. */
  readonly onBug: (cause: unknown, requestId: string) => void
}

/**
 * Gives masked errors the request's id, by which they are found in the log, and the status of an
 * outage (503) to an answer of which nothing could be resolved for want of the database.
 */
export function useMaskedErrors({ requestIdOf, onBug }: UseMaskedErrorsOptions): Plugin {
  return {
    onResultProcess({ result, serverContext }) {
      const results = Array.isArray(result) ? result : [result]
      for (const one of results) {
        if (!('errors' in one) || !one.errors) continue
        for (const error of one.errors as GraphQLError[]) {
          if (causes.has(error)) {
            const requestId = requestIdOf(serverContext)
            error.extensions.requestId = requestId
            onBug(causes.get(error), requestId)
          } else if (error.extensions.code === 'SERVICE_UNAVAILABLE' && nothingIn(one.data)) {
            error.extensions.http ??= { status: 503, headers: { 'retry-after': '1' } }
          }
        }
      }
    },
  }
}

/** A variable's value that does not fit refuses the whole request (GraphQL over HTTP §6.4); no bug of ours. */
function inputError(error: unknown): GraphQLError | null {
  if (!(error instanceof GraphQLError) || error.path !== undefined) return null
  const [node] = error.nodes ?? []
  if (node?.kind !== Kind.VARIABLE_DEFINITION) return null
  const field = node.variable.name.value
  return new GraphQLError(error.message, {
    nodes: node,
    extensions: { code: 'BAD_USER_INPUT', field, http: { status: 400, spec: true } },
  })
}

function nothingIn(data: Record<string, unknown> | null | undefined): boolean {
  return data == null || Object.values(data).every((value) => value === null)
}
