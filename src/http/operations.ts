import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Context, RequestLoaders, type Services } from '../schema/context.ts'
import { Turns } from '../turns.ts'
import { keepSchemaPrivate } from '../yoga/private-schema.ts'
import { backendsOf, type UseBackendsOptions } from '../yoga/use-backends.ts'
import type { PrincipalContext } from '../yoga/use-principal.ts'
import { checkParameters } from './graphql-parameters.ts'
import { limitTime } from './time-limit.ts'

export interface OperationParts {
  readonly schema: GraphQLSchema
  readonly services: Services
  /** `null`: there are no identity tokens. */
  readonly identity: UseBackendsOptions['identity']
  /** The headers that credentials come in beside `Authorization`. */
  readonly credentialHeaders: readonly string[]
  /** Milliseconds that an operation may take. */
  readonly timeLimit: number
  /** Whether the anonymous may see the schema and ask about scopes. */
  readonly publicIntrospection: boolean
}

/** Refuses operations that cost too much, and the anonymous where the schema is private. */
export function useLimits(parts: OperationParts): Plugin {
  const { services, publicIntrospection } = parts
  const privacyRefusal = publicIntrospection
    ? () => null
    : keepSchemaPrivate(['scopes', 'requiredScopes'])

  type Hook = {
    readonly args: ExecutionArgs
    readonly setResultAndStopExecution: (result: ExecutionResult) => void
  }
  const refuse = ({ args, setResultAndStopExecution }: Hook): undefined => {
    // The cost first, since each decision after it takes time for each of the variables' values.
    const error = services.operationGuards.costError(args)
    const refusal = error === null ? privacyRefusal(args) : { errors: [markRequestError(error)] }
    if (refusal !== null) setResultAndStopExecution(refusal)
    return undefined
  }
  return { onExecute: refuse, onSubscribe: refuse }
}

/** Gives each operation what its resolvers use, and executes it. Goes after `usePrincipal`. */
export function useOperations(parts: OperationParts): Plugin<PrincipalContext> {
  const { schema, services, timeLimit } = parts
  const run = limitTime(timeLimit, executeInOrder)
  return {
    onParams({ params, context }) {
      checkParameters(params)
      // One by one, since an object to assign from takes several times as long.
      const own = context as { -readonly [Name in keyof Context]?: Context[Name] }
      own.services = services
      own.loaders = new RequestLoaders(services)
      own.turns = new Turns()
      own.deadline = { passed: false }
      own.backends = backendsOf(parts, context)
      const { anonymous, authenticated } = services.operationGuards
      const reader = (context as PrincipalContext).principal === null ? anonymous : authenticated
      return reader.prepare(schema, String(params.query))
    },

    onExecute({ setExecuteFn }) {
      setExecuteFn(run)
      return markingRequestErrors
    },
  }
}

/**
 * Yoga's own executor answers fields in the order in which they were resolved; graphql-js keeps that of
 * the selection (GraphQL §7.2.2), so that equal questions get equal answers to the byte. It also leaves
 * suggestions out of what it says about the variables of the anonymous.
 *
 * Written out, since an object of one shape each time is read several times as fast.
 */
function executeInOrder(args: ExecutionArgs) {
  const { principal } = args.contextValue as PrincipalContext
  return execute({
    schema: args.schema,
    document: args.document,
    rootValue: args.rootValue,
    contextValue: args.contextValue,
    variableValues: args.variableValues ?? null,
    // Each prints the value that it is about.
    options: { maxCoercionErrors: 5 },
    operationName: args.operationName ?? null,
    hideSuggestions: principal === null,
  })
}

/**
 * An operation that could not start for its variables or its name is the client's fault (GraphQL over
 * HTTP §6.4: 400, or 200 as `application/json`).
 */
const markingRequestErrors = {
  onExecuteDone({ result }: { readonly result: object }) {
    if (!('errors' in result) || 'data' in result) return
    for (const error of (result as ExecutionResult).errors ?? []) markRequestError(error)
  },
}

function markRequestError(error: GraphQLError): GraphQLError {
  error.extensions.code ??= 'GRAPHQL_VALIDATION_FAILED'
  error.extensions.http ??= { status: 400, spec: true }
  return error
}
