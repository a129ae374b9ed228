import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { OperationGuards } from '../limits/operation-guards.ts'
import { type Context, RequestLoaders, type Services } from '../schema/context.ts'
import { Turns } from '../turns.ts'
import { isVariableError, keepSchemaPrivate, withoutSchemaNames } from '../yoga/private-schema.ts'
import { backendsOf, type UseBackendsOptions } from '../yoga/use-backends.ts'
import type { OperationStart } from '../yoga/use-decision.ts'
import type { PrincipalContext } from '../yoga/use-principal.ts'
import { checkParameters } from './graphql-parameters.ts'
import type { RequestContext } from './request-context.ts'
import { limitTime } from './time-limit.ts'

export interface OperationParts extends Required<UseBackendsOptions> {
  readonly schema: GraphQLSchema
  readonly services: Services
  /** The time limit of an operation, in milliseconds. */
  readonly timeLimit: number
  /** Called with the duration of each turn in which a large document is validated, in milliseconds. */
  readonly onTurn: (context: RequestContext, milliseconds: number) => void
  /** Whether anonymous callers may read the schema and query scopes. */
  readonly publicIntrospection: boolean
}

/** Returns the reader for the sender of a request, whose principal no other plugin can replace. */
function readerFor({ anonymous, authenticated }: OperationGuards, context: object) {
  return (context as RequestContext).admission.principal === null ? anonymous : authenticated
}

/**
 * Parses and validates each document with the reader for its sender. A reader refuses documents that are too
 * large before it does more work, and caches its results.
 *
 * Requires `parserAndValidationCache: false`: Yoga's caches do not distinguish callers, and limit no sizes.
 */
export function useDocumentReaders(guards: OperationGuards): Plugin {
  return {
    onParse({ context, setParseFn }) {
      setParseFn(readerFor(guards, context).parse)
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn(readerFor(guards, context).validate)
    },
  }
}

/**
 * Refuses operations above the cost limit. Where the schema is private, refuses anonymous introspection, and
 * keeps names of the schema out of validation errors for anonymous callers.
 */
export function useLimits(parts: OperationParts): Plugin {
  const { services, publicIntrospection } = parts
  const privacyRefusal = publicIntrospection
    ? () => null
    : keepSchemaPrivate(['scopes', 'requiredScopes'])

  const refuse = ({ args, setResultAndStopExecution }: OperationStart): undefined => {
    // The cost comes first: the time of every later check grows with the number of variable values.
    const error = services.operationGuards.costError(args)
    const refusal = error === null ? privacyRefusal(args) : { errors: [markRequestError(error)] }
    if (refusal !== null) setResultAndStopExecution(refusal)
    return undefined
  }
  return {
    onExecute: refuse,
    onSubscribe: refuse,
    onValidate: () => (publicIntrospection ? undefined : hideSchemaNames),
  }
}

interface ValidateDone {
  readonly context: object
  readonly result: readonly unknown[]
  readonly setResult: (errors: GraphQLError[]) => void
}

function hideSchemaNames({ context, result, setResult }: ValidateDone): void {
  if (result.length === 0 || (context as PrincipalContext).principal !== null) return
  setResult([...withoutSchemaNames(result as readonly GraphQLError[])])
}

/**
 * Adds the services that resolvers use to the context, and executes the operation. Place it after
 * `usePrincipal`.
 */
export function useOperations(parts: OperationParts): Plugin<PrincipalContext> {
  const { schema, services, timeLimit, onTurn, publicIntrospection } = parts
  const run = limitTime(timeLimit, executeInOrder)
  const onExecuted = publicIntrospection ? markingRequestErrors : hidingVariableErrors
  return {
    onParams({ params, context }) {
      checkParameters(params)
      // Single assignments: `Object.assign` takes several times as long. A further property would have V8 keep the
      // context as a dictionary, which makes a request take half as long again.
      const own = context as { -readonly [Name in keyof Context]?: Context[Name] }
      own.services = services
      own.loaders = new RequestLoaders(services)
      own.turns = new Turns((milliseconds) => onTurn(context as RequestContext, milliseconds))
      own.deadline = { passed: false }
      own.backends = backendsOf(parts, context)
      const reader = readerFor(services.operationGuards, context)
      return reader.prepare(schema, String(params.query), own.turns.onTurn)
    },

    onExecute({ setExecuteFn }) {
      setExecuteFn(run)
      return onExecuted
    },
  }
}

/**
 * Executes with graphql-js instead of Yoga's executor. Yoga's executor orders fields by when they were
 * resolved; graphql-js keeps the order of the selection (GraphQL §7.2.2), so that equal operations get
 * byte-identical answers. It also leaves suggestions out of errors about an anonymous caller's variables.
 *
 * The arguments are listed one by one, because V8 reads objects of one constant shape several times as fast.
 */
function executeInOrder(args: ExecutionArgs) {
  const { principal } = args.contextValue as PrincipalContext
  return execute({
    schema: args.schema,
    document: args.document,
    rootValue: args.rootValue,
    contextValue: args.contextValue,
    variableValues: args.variableValues ?? null,
    // Each of these errors prints the value that it is about.
    options: { maxCoercionErrors: 5 },
    operationName: args.operationName ?? null,
    hideSuggestions: principal === null,
  })
}

/**
 * Marks an operation that could not start because of its variables or its name as a request error
 * (GraphQL over HTTP §6.4: 400, or 200 as `application/json`).
 */
const markingRequestErrors = {
  onExecuteDone({ result }: { readonly result: object }) {
    if (!('errors' in result) || 'data' in result) return
    for (const error of (result as ExecutionResult).errors ?? []) markRequestError(error)
  },
}

/** Like {@link markingRequestErrors}, where the schema is private. */
const hidingVariableErrors = {
  onExecuteDone({ args, result, setResult }: ExecuteDone) {
    markingRequestErrors.onExecuteDone({ result })
    const { errors = [] } = result as ExecutionResult
    const { principal } = args.contextValue as PrincipalContext
    if (principal !== null || 'data' in result || !errors.some(isVariableError)) return
    setResult({ errors: withoutSchemaNames(errors) })
  },
}

interface ExecuteDone {
  readonly args: ExecutionArgs
  readonly result: object
  readonly setResult: (result: ExecutionResult) => void
}

function markRequestError(error: GraphQLError): GraphQLError {
  error.extensions.code ??= 'GRAPHQL_VALIDATION_FAILED'
  error.extensions.http ??= { status: 400, spec: true }
  return error
}
