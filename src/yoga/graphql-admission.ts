import type { GraphQLError } from 'graphql'
import {
  type Admission,
  type Admitted,
  type Rechecked,
  RequestAdmission,
} from '../admission/admission.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { InvalidCredentialError, type LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { remembering } from '../remembering.ts'
import { withoutStack } from '../without-stack.ts'
import { requestError } from './graphql-errors.ts'

/** Admission of the requests for a GraphQL endpoint. The request itself keeps the outcome. */
export interface GraphQLAdmission {
  readonly authenticator: Admission<object>['authenticator']
  /**
   * Authenticates what `carrier` reads of `request`. Answers at once where the credential is in the cache.
   *
   * @param state Default: a new one
   * @returns why the request is refused; `null` where it may go on
   */
  admit(
    request: object,
    carrier: CredentialCarrier,
    serverContext: object,
    state?: RequestAdmission,
  ): GraphQLError | null | Promise<GraphQLError | null>
  /** The same for an admitted request once its body is there, where that took long. */
  readmit(request: object): GraphQLError | null | Promise<GraphQLError | null>
  /** See {@link Admission.recheck}. */
  recheck(request: object): Rechecked | Promise<Rechecked>
  /** Whether the request went through `admit`. */
  isAdmitted(request: object): boolean
  /** `null` for the anonymous, for a request that was never admitted, and for none. */
  principalOf(request: object | undefined): Principal | null
}

/** Most refusals tell the same, and an attacker causes many. */
const requestErrorOf = remembering((error: LatchkeyError) => withoutStack(requestError(error)))

const toGraphQLError = (admitted: Admitted) => admitted && requestErrorOf(admitted)

export function createGraphQLAdmission(admission: Admission<object>): GraphQLAdmission {
  /**
   * On the request itself: a WeakMap whose values refer to their keys, as a carrier does, takes the
   * garbage collector several times as long.
   */
  const key = Symbol('admission')
  type Keeper = { [key]?: RequestAdmission }
  const stateOf = (request: object | undefined) => (request as Keeper | undefined)?.[key]

  return {
    authenticator: admission.authenticator,
    admit(request, carrier, serverContext, state = new RequestAdmission()) {
      ;(request as Keeper)[key] = state
      const admitted = admission.admit(state, carrier, serverContext)
      return admitted instanceof Promise ? admitted.then(toGraphQLError) : toGraphQLError(admitted)
    },
    readmit(request) {
      const state = stateOf(request)
      if (state === undefined) return null
      const admitted = admission.readmit(state)
      return admitted instanceof Promise ? admitted.then(toGraphQLError) : toGraphQLError(admitted)
    },
    recheck(request) {
      const state = stateOf(request)
      return state === undefined ? new InvalidCredentialError() : admission.recheck(state)
    },
    isAdmitted: (request) => stateOf(request) !== undefined,
    principalOf: (request) => stateOf(request)?.principal ?? null,
  }
}
