import type { ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql'
import type { FetchAPI, GraphQLParams, Plugin, YogaLogger } from 'graphql-yoga'
import { createAdmission } from '../admission/admission.ts'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import { refuseUndeclared, type Undeclared } from '../decision/undeclared.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { useAnswerOrigins } from './answer-origins.ts'
import { type Decider, denialOf, watchStream } from './authorize-operation.ts'
import { errorAnswer, toResponse } from './error-answer.ts'
import { createGraphQLAdmission, type GraphQLAdmission } from './graphql-admission.ts'
import { fieldError, latchkeyErrorOf } from './graphql-errors.ts'
import { carrierOf, missingHeadersRefusal, nodeRequestOf } from './node-request.ts'
import {
  createOperationAdmission,
  type OperationAdmission,
  type OperationContext,
} from './operation-admission.ts'
import { maskedError } from './use-error-answers.ts'

export interface UsePrincipalOptions {
  /** Made by `createAuthenticator`. */
  readonly authenticator: Authenticator
  /**
   * Called with the outcome of each request's credential, for logs and metrics. `serverContext` is what
   * was passed to `yoga.fetch` or `yoga.handle` with the request.
   */
  readonly onAuthentication?: (authentication: Authentication, serverContext: object) => void
  /** Returns the error that the sender of a refused credential gets. Default: the refusal's own error. */
  readonly refusalError?: (refusal: Refusal, serverContext: object) => LatchkeyError
  /**
   * The treatment of fields of `Query`, `Mutation` and `Subscription` that declare no requirement. `refuse`:
   * `createYoga` throws an error that names them; if the schema is known only later, every operation fails.
   * `public`: everyone may call them. Default `refuse`.
   */
  readonly undeclared?: Undeclared
}

/** The part of the context that `usePrincipal` adds. */
export interface PrincipalContext {
  /** The authenticated caller; `null` if no credential was sent. */
  readonly principal: Principal | null
}

/**
 * Authenticates each request by API key or JWT, refuses an invalid credential before the body is read, adds
 * `context.principal`, and authorizes each operation as a whole: if it selects a field whose required
 * scopes the principal lacks, no field of it runs.
 *
 * On Node, a request with 1000 headers or more is refused with 431, because Node silently drops the headers
 * after the 1000th. Do not set a smaller `server.maxHeadersCount`; set it to 0.
 *
 * An answer with data that no execution of the request has produced, such as that of a response cache, is refused
 * with 500 and logged, unless `principalKey` was called for the request.
 *
 * Requirements are read from the schema: declarations of `latchkey/pothos`, or `@public`, `@authenticated` and
 * `@requiresScopes` in a schema written as SDL.
 *
 * @throws TypeError through `createYoga`, if the schema has a field that is open by mistake: see `undeclared`
 */
export function usePrincipal(options: UsePrincipalOptions): Plugin<PrincipalContext> {
  const admission = createGraphQLAdmission(createAdmission(options))
  const operations = createOperationAdmission(admission)
  const plugin = usePrincipalOf(admission, {
    operations,
    ...(options.undeclared && { undeclared: options.undeclared }),
  })
  return {
    ...plugin,
    onPluginInit: ({ addPlugin }) => addPlugin(useAnswerOrigins(admission, operations)),
    onContextBuilding({ context }) {
      const operation = context as OperationContext
      // `onParams` has added that of an operation that Yoga answers.
      return operation.principal === undefined ? operations.begin(operation) : undefined
    },
  }
}

interface PrincipalSettings {
  readonly undeclared?: Undeclared
  /** Whether anonymous callers must not learn the names of types. */
  readonly isSchemaPrivate?: boolean
  readonly operations?: OperationAdmission
}

/** Like {@link usePrincipal}, for requests that may have passed `admission` before Yoga runs. */
export function usePrincipalOf(
  admission: GraphQLAdmission,
  {
    undeclared = 'refuse',
    isSchemaPrivate = false,
    operations = createOperationAdmission(admission),
  }: PrincipalSettings = {},
): Plugin<PrincipalContext> {
  let log: YogaLogger | null = null
  const accepted = new WeakSet<GraphQLSchema>()
  let last: GraphQLSchema | null = null
  const check = (schema: GraphQLSchema): void => {
    if (schema === last) return
    if (!accepted.has(schema)) refuseUndeclared(schema, undeclared)
    accepted.add(schema)
    last = schema
  }
  const decider: Decider = { admission, operations, isSchemaPrivate }
  function settle({ args, result, setResult }: ExecuteDone, last: object): void {
    if (isStream(result)) setResult(watchStream(decider, args, result, last))
    else if (result.errors) setResult(withLatchkeyErrors(result))
  }
  const onExecuted = {
    onExecuteDone: (done: ExecuteDone) => settle(done, lastIncrement),
  }
  const onStreamed = {
    onNext({ result, setResult }: StreamNext) {
      if (result.errors) setResult(withLatchkeyErrors(result))
    },
  }
  const onSubscribed = {
    onSubscribeResult(done: ExecuteDone) {
      settle(done, {})
      return onStreamed
    },
  }
  /** Returns a hook that decides on an operation, and returns `hooks` if it may run. */
  function deciding<Hooks>(hooks: Hooks) {
    return ({ args, setResultAndStopExecution }: Start) => {
      // Yoga keeps a schema that a plugin refused while a request was under way.
      check(args.schema)
      const refusal = denialOf(decider, args)
      if (refusal === null) return hooks
      const proceed = (denial: ExecutionResult | null) => {
        if (denial === null) return hooks
        setResultAndStopExecution(denial)
        return undefined
      }
      return refusal instanceof Promise ? refusal.then(proceed) : proceed(refusal)
    }
  }
  // Yoga masks errors that are thrown later. Here, it would send the error to the caller with its stack.
  function fail(incoming: IncomingRequest, error: unknown): void {
    const requestId = crypto.randomUUID()
    log?.error(`The credential of request ${requestId} could not be checked.`, error)
    refuse(incoming, maskedError(requestId))
  }
  return {
    onYogaInit({ yoga }) {
      log = yoga.logger
    },

    onSchemaChange: ({ schema }) => check(schema),

    onRequest(incoming) {
      const { request, url, serverContext } = incoming
      if (admission.stateOf(request) !== undefined) return undefined
      try {
        const node = nodeRequestOf(serverContext)
        const refusal =
          missingHeadersRefusal(node) ??
          admission.admit(request, carrierOf(request, url, node), serverContext)
        return refusal instanceof Promise
          ? refusal.then(
              (settled) => refuse(incoming, settled),
              (error) => fail(incoming, error),
            )
          : refuse(incoming, refusal)
      } catch (error) {
        return fail(incoming, error)
      }
    },

    onParams({ params, setParams, request, context }) {
      dropEmptyOperationName(params, setParams)
      return publish(admission, request, context)
    },

    onExecute: deciding(onExecuted),
    onSubscribe: deciding(onSubscribed),
  }
}

interface IncomingRequest {
  readonly request: Request
  readonly fetchAPI: FetchAPI
  readonly endResponse: (response: Response) => void
}

/** Answers a request that is refused. */
function refuse(
  { request, fetchAPI, endResponse }: IncomingRequest,
  refusal: GraphQLError | null,
): void {
  if (refusal === null) return
  const answer = errorAnswer(refusal, request.headers.get('accept'))
  endResponse(toResponse(answer, fetchAPI))
}

/** An empty `operationName` counts as none, because some clients always send the member. */
function dropEmptyOperationName(
  params: GraphQLParams,
  setParams: (params: GraphQLParams) => void,
): void {
  if (params.operationName !== '') return
  const { operationName: _, ...others } = params
  setParams(others)
}

type Executed = ExecutionResult | AsyncIterableIterator<ExecutionResult>

function isStream(result: Executed): result is AsyncIterableIterator<ExecutionResult> {
  return Symbol.asyncIterator in result
}

/** The members of the last result of an operation with `@defer` or `@stream`. */
const lastIncrement = { hasNext: false }

interface Start {
  readonly args: ExecutionArgs
  readonly setResultAndStopExecution: (result: ExecutionResult) => void
}

interface StreamNext {
  readonly result: ExecutionResult
  readonly setResult: (result: ExecutionResult) => void
}

interface ExecuteDone {
  readonly args: ExecutionArgs
  readonly result: Executed
  readonly setResult: (result: Executed) => void
}

/**
 * Adds the principal to `context` after the body has arrived and before it is used. That is cheaper than in
 * `onContextBuilding`, and hooks that build the context find the principal there.
 *
 * @throws GraphQLError if the request is refused
 */
function publish(
  { readmit, principalOf }: GraphQLAdmission,
  request: object,
  context: object,
): void | Promise<void> {
  const refusal = readmit(request)
  if (refusal instanceof Promise) {
    return refusal.then((settled) => {
      if (settled) throw settled
      ;(context as OperationContext).principal = principalOf(request)
    })
  }
  if (refusal) throw refusal
  ;(context as OperationContext).principal = principalOf(request)
}

/** Converts the Latchkey errors that resolvers threw to errors with their codes. Yoga masks all others. */
export function withLatchkeyErrors<T extends ExecutionResult>(result: T): T {
  const errors = result.errors?.map((thrown) => {
    const error = latchkeyErrorOf(thrown)
    return error === null ? thrown : fieldError(error, thrown)
  })
  return { ...result, errors }
}
