import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import type { Rechecked } from '../admission/admission.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { type Analysis, analyseOperation } from '../decision/analysis.ts'
import { decide, type Evaluation, refusal, scopesUsed } from '../decision/index.ts'
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

/** An operation that may run, with everything that the decision depends on. */
export interface AllowedOperation
  extends Pick<ExecutionArgs, 'schema' | 'document' | 'operationName'> {
  readonly analysis: Analysis | null
  readonly evaluation: Evaluation | undefined
  readonly principal: Principal | null
}

/** An operation that may run, or the whole answer to one that may not. */
export type Decided = AllowedOperation | ExecutionResult

export function isDenial(decided: Decided): decided is ExecutionResult {
  return 'errors' in decided
}

/**
 * Decides on an operation. Hooks of other plugins may have taken long since `publish`, and another operation of the
 * same request may have found that the credential is no longer valid, so the credential is checked again.
 *
 * @param admitted the context that has the admission of the operation
 * @param before the earlier decision. It is returned, if plugins have changed nothing that it depends on
 */
export function decideOn(
  decider: Decider,
  args: ExecutionArgs,
  admitted: OperationContext,
  before: AllowedOperation | null = null,
): Decided | Promise<Decided> {
  const refusal = decider.operations.admit(admitted)
  return refusal instanceof Promise
    ? refusal.then((settled) => decideAfter(settled, decider, args, admitted, before))
    : decideAfter(refusal, decider, args, admitted, before)
}

function decideAfter(
  refusal: GraphQLError | null,
  decider: Decider,
  args: ExecutionArgs,
  admitted: OperationContext,
  before: AllowedOperation | null,
): Decided {
  if (refusal === null && before !== null && isSame(decider, args, admitted, before)) return before
  const decided = refusal === null ? decisionOn(decider, args, admitted) : { errors: [refusal] }
  return isDenial(decided) ? decider.operations.answerTo(admitted, decided) : decided
}

/** A plugin may also have changed the values in the same object of variables. */
function isSame(
  { operations }: Decider,
  { schema, document, operationName, variableValues, contextValue }: ExecutionArgs,
  admitted: OperationContext,
  before: AllowedOperation,
): boolean {
  return (
    document === before.document &&
    operationName === before.operationName &&
    schema === before.schema &&
    before.analysis?.evaluate(variableValues) === before.evaluation &&
    (contextValue as OperationContext).principal === before.principal &&
    (operations.stateOf(admitted)?.principal ?? null) === before.principal
  )
}

/**
 * Authorizes an operation. First makes sure that its context has the principal that passed admission, even
 * if another hook has replaced it: a request that never passed is anonymous.
 */
function decisionOn(
  { admission: { authenticator }, operations, isSchemaPrivate }: Decider,
  { schema, document, operationName, variableValues, contextValue }: ExecutionArgs,
  admitted: OperationContext,
): Decided {
  const principal = operations.stateOf(admitted)?.principal ?? null
  if (admitted.principal !== principal) admitted.principal = principal
  const context = contextValue as OperationContext
  // Several operations may share the new context of a plugin, so it gets a principal only if it has one.
  if (context.principal !== principal && context.principal !== undefined) {
    context.principal = principal
  }
  const analysis = analyseOperation(schema, document, operationName)
  const evaluation = analysis?.evaluate(variableValues)
  const allowed = { schema, document, operationName, analysis, evaluation, principal }
  // If there is no such operation, executing it reports that, and reaches no field.
  if (evaluation === undefined) return allowed
  const decision = decide(evaluation, principal)
  if (decision.outcome === 'allowed') {
    if (principal !== null) {
      authenticator.recordScopes?.(principal, scopesUsed(evaluation, principal))
    }
    return allowed
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
 * @param context the context that has the admission of the operation
 * @param last members that the last result has in addition to the error
 */
export function watchStream(
  { admission: { authenticator, recheck }, operations }: Decider,
  { schema, document, operationName, variableValues }: ExecutionArgs,
  context: OperationContext,
  stream: AsyncIterableIterator<ExecutionResult>,
  last: object,
): AsyncIterableIterator<ExecutionResult> {
  const state = operations.stateOf(context)
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
