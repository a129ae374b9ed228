import type { GraphQLError } from 'graphql'
import type { FetchAPI, GraphQLParams, Plugin, YogaLogger } from 'graphql-yoga'
import { createAdmission } from '../admission/admission.ts'
import type { RequestAdmission } from '../admission/request-admission.ts'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { Undeclared } from '../decision/undeclared.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { useAnswerOrigins } from './answer-origins.ts'
import { errorAnswer, toResponse } from './error-answer.ts'
import { createGraphQLAdmission, type GraphQLAdmission } from './graphql-admission.ts'
import { placeOfUserPlugins } from './handle.ts'
import { carrierOf, missingHeadersRefusal, nodeRequestOf } from './node-request.ts'
import { createOperationAdmission, type OperationContext } from './operation-admission.ts'
import { withPrivateAnswers } from './private-answers.ts'
import { useDecision } from './use-decision.ts'
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
 * The answer to a GET request of a caller who is not anonymous gets `Cache-Control: private, no-cache`, unless it has a
 * `Cache-Control`.
 *
 * Requirements are read from the schema: declarations of `latchkey/pothos`, or `@public`, `@authenticated` and
 * `@requiresScopes` in a schema written as SDL.
 *
 * @throws TypeError through `createYoga`, if the schema has a field that is open by mistake: see `undeclared`
 */
export function usePrincipal(options: UsePrincipalOptions): Plugin<PrincipalContext> {
  const admission = createGraphQLAdmission(createAdmission(options))
  const operations = createOperationAdmission(admission)
  const decision = useDecision({ admission, operations, undeclared: options.undeclared })
  return {
    ...usePrincipalOf(admission),
    onPluginInit({ plugins, addPlugin }) {
      // Yoga calls this again, because the place of this plugin changes.
      if (plugins.includes(decision)) return
      plugins.splice(placeOfUserPlugins(plugins), 0, decision)
      addPlugin(withPrivateAnswers(admission, useAnswerOrigins(admission, operations)))
    },
    onContextBuilding({ context }) {
      const operation = context as OperationContext
      // `onParams` has added that of an operation that Yoga answers.
      return operation.principal === undefined ? operations.begin(operation) : undefined
    },
  }
}

/**
 * The hooks of {@link usePrincipal} on requests, which may have passed `admission` before Yoga runs. It needs
 * `useDecision` beside it.
 */
export function usePrincipalOf(admission: GraphQLAdmission): Plugin<PrincipalContext> {
  let log: YogaLogger | null = null
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
      // The body has arrived and is not used yet. This is cheaper than in `onContextBuilding`, and hooks that build the
      // context find the principal there.
      const state = admission.stateOf(request)
      const refusal = state === undefined ? null : admission.readmit(state)
      return refusal instanceof Promise
        ? refusal.then((settled) => publish(settled, state, context))
        : publish(refusal, state, context)
    },
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

/**
 * Adds the principal to `context`.
 *
 * @throws GraphQLError if the request is refused
 */
function publish(
  refusal: GraphQLError | null,
  state: RequestAdmission | undefined,
  context: object,
): void {
  if (refusal !== null) throw refusal
  ;(context as OperationContext).principal = state?.principal ?? null
}
