import { type GraphQLError, type GraphQLResolveInfo, Kind } from 'graphql'
import { createAttached } from '../attached.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { analyseExecution, decide, refusal, scopesUsed } from '../decision/index.ts'
import { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { denialError } from './denial.ts'

/** The parts of an authenticator that `guardSchema` uses. */
export interface GuardingAuthenticator
  extends Pick<Authenticator, 'recordScopes' | 'recheckMs' | 'sessionRecheckMs' | 'helpUrl'> {
  hasMade?(value: unknown): boolean
}

export interface DecisionOptions<Context> {
  readonly principalOf: (context: Context) => Principal | null | Promise<Principal | null>
  readonly authenticator?: GuardingAuthenticator
}

/** A denied operation, with the error that each of its root fields throws. */
export class Denied {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** `null`: the operation may run. */
type Outcome = Denied | null

export type OnDenied<Context> = (context: Context, denied: Denied) => void

interface KnownOutcome {
  readonly operation: object
  readonly context: unknown
  outcome: Outcome | Promise<Outcome>
}

/**
 * The decision on each execution of an operation.
 *
 * graphql-js and graphql-jit create a new object of coerced variables for each execution, and pass the same one
 * to all resolvers. It identifies the execution: documents, contexts and the variables of the request may be
 * used again. Operation and context are compared too, in case an executor shares the object.
 */
export class ExecutionDecisions<Context> {
  /** Whether root fields of one execution may ask several times, even if it selects one root field. */
  remembersAll: boolean
  readonly #options: DecisionOptions<Context>
  readonly #onDenied: OnDenied<Context> | undefined
  readonly #known = createAttached<KnownOutcome>()

  constructor(
    options: DecisionOptions<Context>,
    { remembersAll, onDenied }: { remembersAll: boolean; onDenied: OnDenied<Context> | undefined },
  ) {
    this.#options = options
    this.#onDenied = onDenied
    this.remembersAll = remembersAll
  }

  /** Decides synchronously if `principalOf` does. Never throws or rejects. */
  outcomeOf(context: Context, info: GraphQLResolveInfo): Outcome | Promise<Outcome> {
    const { operation, variableValues } = info
    // Some executors resolve all events of a subscription with the same object.
    if (operation.operation === 'subscription') return this.#decide(context, info)
    if (!this.remembersAll && hasOneRootField(info)) return this.#decide(context, info)
    const known = this.#known.get(variableValues)
    if (known?.operation === operation && known.context === context) return known.outcome
    const outcome = this.#decide(context, info)
    const entry: KnownOutcome = { operation, context, outcome }
    this.#known.set(variableValues, entry)
    if (entry.outcome instanceof Promise) {
      entry.outcome = entry.outcome.then((settled) => {
        entry.outcome = settled
        return settled
      })
    }
    return entry.outcome
  }

  /**
   * Decides again on an operation that is still being answered, such as a subscription.
   *
   * @param onPrincipal called with the principal, also if the operation is denied
   */
  decideAgain(
    context: Context,
    info: GraphQLResolveInfo,
    onPrincipal: (principal: Principal | null) => void,
  ): Outcome | Promise<Outcome> {
    return this.#decide(context, info, onPrincipal)
  }

  #decide(
    context: Context,
    info: GraphQLResolveInfo,
    onPrincipal?: (principal: Principal | null) => void,
  ): Outcome | Promise<Outcome> {
    try {
      const principal = this.#options.principalOf(context)
      if (!isPromise(principal)) return this.#outcomeFor(principal, context, info, onPrincipal)
      return Promise.resolve(principal)
        .then((settled) => this.#outcomeFor(settled, context, info, onPrincipal))
        .catch((error: unknown) => this.#deny(context, error))
    } catch (error) {
      return this.#deny(context, error)
    }
  }

  #outcomeFor(
    principal: Principal | null,
    context: Context,
    info: GraphQLResolveInfo,
    onPrincipal: ((principal: Principal | null) => void) | undefined,
  ): Outcome {
    const error = this.#denialOf(principal, info)
    onPrincipal?.(principal)
    return error === null ? null : this.#deny(context, error)
  }

  #deny(context: Context, error: unknown): Denied {
    const denied = new Denied(deniedWith(error))
    this.#onDenied?.(context, denied)
    return denied
  }

  #denialOf(principal: Principal | null, info: GraphQLResolveInfo): GraphQLError | null {
    requirePrincipal(principal, this.#options.authenticator)
    const evaluation = analyseExecution(info).evaluate(info.variableValues, true)
    const decision = decide(evaluation, principal)
    if (decision.outcome === 'allowed') {
      const { authenticator } = this.#options
      if (principal !== null && authenticator?.recordScopes !== undefined) {
        authenticator.recordScopes(principal, scopesUsed(evaluation, principal))
      }
      return null
    }
    const fields = decision.fields.map(({ coordinate, paths }) => ({ coordinate, paths }))
    const { helpUrl } = this.#options.authenticator ?? {}
    return denialError(refusal(decision, principal, helpUrl), { fields })
  }
}

/** Whether the operation resolves one field of its root type, once. */
function hasOneRootField({ operation }: GraphQLResolveInfo): boolean {
  const { selections } = operation.selectionSet
  return selections.length === 1 && selections[0]?.kind === Kind.FIELD
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function deniedWith(error: unknown): unknown {
  if (error instanceof LatchkeyError) return denialError(error)
  return error instanceof Error
    ? error
    : new Error('`principalOf` threw a value that is not an error.')
}

/** @throws TypeError if `principalOf` returned no principal of the authenticator, and not `null` either */
export function requirePrincipal(
  principal: unknown,
  authenticator: GuardingAuthenticator | undefined,
): asserts principal is Principal | null {
  if (principal === null) return
  if (principal === undefined) {
    throw new TypeError(
      '`principalOf` returned undefined. It must return a principal, or null for an anonymous request.',
    )
  }
  if (authenticator?.hasMade !== undefined) {
    if (authenticator.hasMade(principal)) return
  } else if ((principal as Partial<Principal>).scopes instanceof Set) return
  throw new TypeError('`principalOf` must return a principal that the authenticator made, or null.')
}
