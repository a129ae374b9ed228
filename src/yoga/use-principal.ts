import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { analyseOperation, decide, refusal, scopesUsed } from '../decision/index.ts'
import type { Principal } from '../principal.ts'
import { errorAnswer, toResponse } from './error-answer.ts'
import { fieldError, latchkeyErrorOf, requestError } from './graphql-errors.ts'
import { createRequestGate, type RequestGate, type RequestGateOptions } from './request-gate.ts'

export type UsePrincipalOptions = RequestGateOptions

/** What `usePrincipal` adds to the context. */
export interface PrincipalContext {
  /** Who is asking; `null` when no credential was sent. */
  readonly principal: Principal | null
}

/**
 * Authenticates each request by API key or JWT, refuses a bad credential before its body is read,
 * publishes `context.principal`, and decides each operation as a whole: when it selects a field whose
 * declared scopes the principal lacks, nothing of it runs.
 *
 * Requirements are read from the schema: what `latchkey/pothos` declares, or `@authenticated` and
 * `@requiresScopes` in a schema written as SDL.
 */
export function usePrincipal(options: UsePrincipalOptions): Plugin<PrincipalContext> {
  const gate = createRequestGate(options)
  return {
    ...usePrincipalOf(gate),
    onRequest({ request, url, serverContext, endResponse }) {
      const proceed = (refusal: GraphQLError | null): void => {
        if (refusal !== null)
          endResponse(toResponse(errorAnswer(refusal, request.headers.get('accept'))))
      }
      const refusal = gate.admit(request, carrierOf(request, url), serverContext)
      return refusal instanceof Promise ? refusal.then(proceed) : proceed(refusal)
    },
  }
}

/** The same for requests that pass `gate` before Yoga is given them. */
export function usePrincipalOf({
  authenticator,
  readmit,
  principalOf,
}: RequestGate): Plugin<PrincipalContext> {
  /** Why the operation may not run, as its whole answer. */
  function refusalOf(args: ExecutionArgs): ExecutionResult | null {
    const { schema, document, operationName, variableValues, contextValue } = args
    const evaluation = analyseOperation(schema, document, operationName)?.evaluate(variableValues)
    // No such operation: executing it says so, and reaches no field.
    if (evaluation === undefined) return null
    const { principal } = contextValue as PrincipalContext
    const decision = decide(evaluation, principal)
    if (decision.outcome === 'allowed') {
      if (principal !== null) {
        authenticator.recordScopes?.(principal, scopesUsed(evaluation, principal))
      }
      return null
    }
    const fields = decision.fields.map(({ coordinate, paths }) => ({ coordinate, paths }))
    return { errors: [requestError(refusal(decision), { fields })] }
  }

  return {
    // The body is there, and nothing was done of it yet.
    onParams({ request }) {
      const refusal = readmit(request)
      return refusal instanceof Promise ? refusal.then(throwIfRefused) : throwIfRefused(refusal)
    },

    // A request that never passed the gate has no principal: it is anonymous, whatever it carries.
    onContextBuilding({ context, extendContext }) {
      extendContext({ principal: principalOf(context.request) })
    },

    onExecute({ args, setResultAndStopExecution }) {
      const refusal = refusalOf(args)
      if (refusal !== null) {
        setResultAndStopExecution(refusal)
        return undefined
      }
      return {
        onExecuteDone({ result, setResult }) {
          if ('errors' in result && result.errors) setResult(withOwnErrors(result))
        },
      }
    },

    onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = refusalOf(args)
      if (refusal !== null) setResultAndStopExecution(refusal)
    },
  }
}

function throwIfRefused(refusal: GraphQLError | null): void {
  if (refusal !== null) throw refusal
}

/** What resolvers threw of our failures, with its code; everything else is for Yoga to mask. */
function withOwnErrors<T extends ExecutionResult>(result: T): T {
  const errors = result.errors?.map((thrown) => {
    const error = latchkeyErrorOf(thrown)
    return error === null ? thrown : fieldError(error, thrown)
  })
  return { ...result, errors }
}

function carrierOf(request: Request, url: URL): CredentialCarrier {
  return {
    header: (name) => request.headers.get(name),
    queryParameters: (name) => url.searchParams.getAll(name),
  }
}
