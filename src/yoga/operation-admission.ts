import type { ExecutionResult } from 'graphql'
import type { RequestAdmission } from '../admission/request-admission.ts'
import { isNodeRequest, requestIn } from '../admission/request-carrier.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { connectionOf, isConnection } from '../websockets/connection.ts'
import { ConnectionAdmission } from './connection-admission.ts'
import type { GraphQLAdmission, Refused } from './graphql-admission.ts'
import { withoutHttp } from './graphql-errors.ts'
import { carrierOf, missingHeadersRefusal, nodeRequestOf } from './node-request.ts'

/** The admission of operations, whether or not their request has passed admission before. */
export interface OperationAdmission {
  /**
   * Checks the credential of an operation again. If its request was not admitted before, it is admitted now: that
   * of an operation in a WebSocket, or one that another plugin answers before `usePrincipal` runs.
   *
   * @returns the error of a refused operation; `null` if it may continue
   */
  admit(context: OperationContext): Refused
  /** Returns the state of admission; `undefined`: the operation was not admitted, so it is anonymous. */
  stateOf(context: OperationContext): RequestAdmission | undefined
  /**
   * Admits an operation that Yoga does not answer itself, before its context is built, and adds its principal. If
   * it is refused, it fails when it is executed.
   */
  begin(context: OperationContext): void | Promise<void>
  /** Returns a result as the answer to an operation needs it: status and headers are for answers of Yoga only. */
  answerTo(context: OperationContext, result: ExecutionResult): ExecutionResult
  /**
   * Returns the context that has the admission of an operation which a plugin executes with `context`: that one, or
   * `original` if it is a new one without a request.
   */
  admittedContext(context: OperationContext, original: OperationContext): OperationContext
  /** Notes that the operation with this context is executed. */
  executes(context: OperationContext): void
  /** Whether the operation with this context was executed. */
  wasExecuted(context: OperationContext): boolean
  /** Closes the WebSocket of an operation whose credential is no longer valid. */
  refused(context: OperationContext, error: LatchkeyError): void
}

export interface OperationContext {
  readonly request?: object
  principal?: Principal | null
}

export function createOperationAdmission(admission: GraphQLAdmission): OperationAdmission {
  const connections = new ConnectionAdmission(admission)
  /** The contexts of operations that Yoga does not answer itself. */
  const answeredElsewhere = new WeakSet<object>()
  /** The contexts of executed operations that are not noted on the state of their request. */
  const otherExecuted = new WeakSet<object>()

  function admitLate(context: OperationContext): Refused {
    if (isConnection(context)) return connections.admit(context, connectionOf(context))
    const request = requestIn(context.request)
    return request === null || isNodeRequest(request) ? null : admitRequest(request, context)
  }

  function admitRequest(request: Request, context: object): Refused {
    const node = nodeRequestOf(context)
    return (
      missingHeadersRefusal(node) ??
      admission.admit(request, carrierOf(request, new URL(request.url), node), context)
    )
  }

  const stateOf = (context: OperationContext) =>
    admission.stateOf(context.request) ?? admission.stateOf(context)

  function admit(context: OperationContext): Refused {
    const state = stateOf(context)
    return state === undefined ? admitLate(context) : admission.readmit(state)
  }

  return {
    admit,
    stateOf,

    begin(context) {
      answeredElsewhere.add(context)
      const publish = (): void => {
        context.principal = stateOf(context)?.principal ?? null
      }
      const refusal = admit(context)
      return refusal instanceof Promise ? refusal.then(publish) : publish()
    },

    answerTo(context, result) {
      if (!answeredElsewhere.has(context)) return result
      // The plugin for graphql-sse recognises results by `data`.
      return { data: null, ...result, errors: (result.errors ?? []).map(withoutHttp) }
    },

    admittedContext(context, original) {
      if (context === original) return original
      const isNew =
        context.request === undefined && stateOf(context) === undefined && !isConnection(context)
      return isNew ? original : context
    },

    // Adding a context to a WeakSet takes longer than all hooks of a request, so the first one is on the state.
    executes(context) {
      const state = admission.stateOf(context.request)
      if (state !== undefined && state.executed === null) state.executed = context
      else otherExecuted.add(context)
    },

    wasExecuted: (context) =>
      admission.stateOf(context.request)?.executed === context || otherExecuted.has(context),

    refused(context, error) {
      if (isConnection(context)) connections.close(connectionOf(context), error)
    },
  }
}
