import type { GraphQLSchema } from 'graphql'
import type { LatchkeyError } from '../errors.ts'
import { concernsOperation, denialIn } from './denial.ts'
import { type GuardSchemaOptions, guardSchemaWith, isGuarded } from './guard-schema.ts'

interface MercuriusReply {
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
}

interface MercuriusContext {
  readonly reply?: Partial<MercuriusReply>
  /** The number of operations in a batch. */
  readonly operationsCount?: number
}

/** A Fastify application with Mercurius, without a dependency on them. */
export interface MercuriusApp {
  readonly graphql: {
    schema: GraphQLSchema
    addHook(
      name: 'onResolution',
      // biome-ignore lint/suspicious/noExplicitAny: the types of Mercurius name its own
      hook: (execution: any, context: any) => void,
    ): void
  }
}

/**
 * Guards the schema of Mercurius as `guardSchema` does, and every schema that replaces it later. The answer to a
 * denied operation gets the HTTP status and headers of its error, unless it is in a batch. Call it after
 * `await app.register(mercurius)`.
 *
 * @throws TypeError like `guardSchema`, and if Mercurius is not registered
 */
export function guardMercurius<Context>(
  app: MercuriusApp,
  options: GuardSchemaOptions<Context>,
): void {
  const graphql = (app as Partial<MercuriusApp>).graphql
  if (graphql === undefined) {
    throw new TypeError('Call `guardMercurius` after `await app.register(mercurius, …)`.')
  }
  const denied = new WeakMap<object, LatchkeyError>()
  const guarded = (schema: GraphQLSchema): GraphQLSchema => {
    if (isGuarded(schema)) return schema
    return guardSchemaWith(schema, options, (context, { error }) => {
      const failure = error instanceof Error ? denialIn([error]) : null
      if (failure !== null) denied.set(context as object, failure)
    })
  }
  let present = guarded(graphql.schema)
  Object.defineProperty(graphql, 'schema', {
    enumerable: true,
    get: () => present,
    set: (replacement: GraphQLSchema) => {
      present = guarded(replacement)
    },
  })
  // Not async: Mercurius would wait for a promise on each operation.
  graphql.addHook('onResolution', (_execution, context: MercuriusContext) => {
    const failure = denied.get(context)
    const { reply, operationsCount } = context
    // The reply of a WebSocket has no status.
    if (failure === undefined || reply?.code === undefined) return
    if (operationsCount !== undefined && concernsOperation(failure)) return
    reply.code(failure.status)
    reply.headers?.({ ...failure.headers })
  })
}
