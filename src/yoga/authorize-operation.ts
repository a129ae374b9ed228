import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import type { Rechecked } from '../admission/admission.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { analyseOperation, decide, refusal, scopesUsed } from '../decision/index.ts'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { WatchedStream } from '../graphql/watched-stream.ts'
import type { Principal } from '../principal.ts'
import type { GraphQLAdmission } from './graphql-admission.ts'
import { fieldError, requestError } from './graphql-errors.ts'
import type { OperationAdmission, OperationContext } from './operation-admission.ts'

export interface Decider {
  readonly admission: GraphQLAdmission
  readonly operations: OperationAdmission
  /** Whether anonymous callers must not learn the names of types. Default: false. */
  readonly isSchemaPrivate?: boolean
}

/**
 * Returns the whole answer to an operation that may not run, or `null` if it may.
 *
 * Hooks of other plugins may have taken long since `publish`, and another operation of the same request may
 * have found that the credential is no longer valid, so the credential is checked again.
 */
export function denialOf(
  decider: Decider,
  args: ExecutionArgs,
): ExecutionResult | null | Promise<ExecutionResult | null> {
  const refusal = decider.operations.admit(args.contextValue as OperationContext)
  return refusal instanceof Promise
    ? refusal.then((settled) => denialAfter(settled, decider, args))
    : denialAfter(refusal, decider, args)
}

/** An operation that may run. */
export interface AllowedOperation
  extends Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'> {
  readonly principal: Principal | null
}

/**
 * Like {@link denialOf}, at the time of execution: hooks of other plugins may have taken long, changed the
 * operation, or replaced its principal since it was allowed.
 */
export function denialAgain(
  decider: Decider,
  args: ExecutionArgs,
  allowed: AllowedOperation,
): ExecutionResult | null | Promise<ExecutionResult | null> {
  const refusal = decider.operations.admit(args.contextValue as OperationContext)
  if (refusal instanceof Promise) {
    return refusal.then((settled) => denialAfter(settled, decider, args))
  }
  if (refusal === null && isSame(decider, args, allowed)) return null
  return denialAfter(refusal, decider, args)
}

function isSame(
  { admission, operations }: Decider,
  { schema, document, operationName, variableValues, contextValue }: ExecutionArgs,
  allowed: AllowedOperation,
): boolean {
  const context = contextValue as OperationContext
  return (
    document === allowed.document &&
    variableValues === allowed.variableValues &&
    operationName === allowed.operationName &&
    schema === allowed.schema &&
    context.principal === allowed.principal &&
    admission.principalOf(operations.keeperOf(context)) === allowed.principal
  )
}

function denialAfter(
  refusal: GraphQLError | null,
  decider: Decider,
  args: ExecutionArgs,
): ExecutionResult | null {
  const denial = refusal === null ? decisionOn(decider, args) : { errors: [refusal] }
  if (denial === null) return null
  return decider.operations.answerTo(args.contextValue as OperationContext, denial)
}

/**
 * Authorizes an operation. First makes sure that its context has the principal that passed admission, even
 * if another hook has replaced it: a request that never passed is anonymous.
 */
function decisionOn(
  { admission: { authenticator, principalOf }, operations, isSchemaPrivate }: Decider,
  { schema, document, operationName, variableValues, contextValue }: ExecutionArgs,
): ExecutionResult | null {
  const context = contextValue as OperationContext
  const principal = principalOf(operations.keeperOf(context))
  if (context.principal !== principal) context.principal = principal
  const evaluation = analyseOperation(schema, document, operationName)?.evaluate(variableValues)
  // If there is no such operation, executing it reports that, and reaches no field.
  if (evaluation === undefined) return null
  const decision = decide(evaluation, principal)
  if (decision.outcome === 'allowed') {
    if (principal !== null) {
      authenticator.recordScopes?.(principal, scopesUsed(evaluation, principal))
    }
    return null
  }
  const error = refusal(decision, principal, authenticator.helpUrl)
  if (principal === null && isSchemaPrivate) return { errors: [requestError(error)] }
  const fields = decision.fields.map(({ coordinate, paths }) => ({ coordinate, paths }))
  return { errors: [requestError(error, { fields })] }
}

/**
 * Passes on an answer that is sent in parts. It ends with an error if the credential expires or is refused, or
 * if the principal may no longer run the operation.
 *
 * @param last members that the last result has in addition to the error
 */
export function watchStream(
  { admission: { authenticator, recheck, stateOf }, operations }: Decider,
  { schema, document, operationName, variableValues, contextValue }: ExecutionArgs,
  stream: AsyncIterableIterator<ExecutionResult>,
  last: object,
): AsyncIterableIterator<ExecutionResult> {
  const context = contextValue as OperationContext
  const state = stateOf(operations.keeperOf(context))
  let principal = state?.principal ?? null
  // An anonymous stream has no credential that could expire.
  if (principal === null || state === undefined) return stream
  const evaluation = analyseOperation(schema, document, operationName)?.evaluate(variableValues)
  const endWith = (error: LatchkeyError) => ({ errors: [fieldError(error)], ...last })

  function proceed(found: Rechecked): ExecutionResult | null {
    if (found instanceof LatchkeyError) {
      operations.refused(context, found)
      return endWith(found)
    }
    if (found === principal) return null
    principal = found
    context.principal = found
    const decision = evaluation === undefined ? null : decide(evaluation, found)
    if (decision === null || decision.outcome === 'allowed') return null
    return endWith(refusal(decision, found, authenticator.helpUrl))
  }
  return new WatchedStream<ExecutionResult, ExecutionResult>(stream, {
    check: () => {
      const found = recheck(state)
      return found instanceof Promise ? found.then(proceed) : proceed(found)
    },
    intervalMs: recheckIntervalOf(authenticator, principal),
    expiresAt: () => principal?.credential.expiresAt?.getTime() ?? null,
    // If the credential cannot be checked, the stream ends.
    failed: () => endWith(new ServiceUnavailableError()),
  })
}

function recheckIntervalOf(
  { recheckMs = 1_000, sessionRecheckMs = recheckMs }: Authenticator,
  { credential }: Principal,
): number {
  return credential.kind === 'SESSION' ? sessionRecheckMs : recheckMs
}
