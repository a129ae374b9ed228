import type { GraphQLError } from 'graphql'
import {
  type Admission,
  type Admitted,
  type Rechecked,
  RequestAdmission,
} from '../admission/admission.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { InvalidCredentialError, type LatchkeyError } from '../errors.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import type { Principal } from '../principal.ts'
import { withoutStack } from '../without-stack.ts'
import { requestError } from './graphql-errors.ts'

/** Most refusals tell the same, and an attacker causes many. */
const requestErrorOf = memoizeWeak((error: LatchkeyError) => withoutStack(requestError(error)))

function toGraphQLError(admitted: Admitted | Promise<Admitted>): Refused {
  if (admitted instanceof Promise) return admitted.then((error) => error && requestErrorOf(error))
  return admitted && requestErrorOf(admitted)
}

export type GraphQLAdmission = ReturnType<typeof createGraphQLAdmission>

type Refused = GraphQLError | null | Promise<GraphQLError | null>

/** Admission of the requests for a GraphQL endpoint. The request itself keeps the outcome. */
export function createGraphQLAdmission(admission: Admission<object>) {
  /**
   * On the request itself: a WeakMap whose values refer to their keys, as a carrier does, takes the
   * garbage collector several times as long.
   */
  const key = Symbol('admission')
  type Keeper = { [key]?: RequestAdmission }
  const stateOf = (request: object | undefined) => (request as Keeper | undefined)?.[key]

  return {
    authenticator: admission.authenticator,

    /**
     * Authenticates what `carrier` reads of `request`. Answers at once where the credential is in the cache.
     *
     * @returns why the request is refused; `null` where it may go on
     */
    admit(
      request: object,
      carrier: CredentialCarrier,
      serverContext: object,
      state = new RequestAdmission(),
    ): Refused {
      ;(request as Keeper)[key] = state
      return toGraphQLError(admission.admit(state, carrier, serverContext))
    },

    /** See `readmit` of an admission; `null` for a request that was never admitted, and for none. */
    readmit(request: object | undefined): Refused {
      const state = stateOf(request)
      return state === undefined ? null : toGraphQLError(admission.readmit(state))
    },

    /** See {@link Admission.recheck}. */
    recheck(request: object): Rechecked | Promise<Rechecked> {
      const state = stateOf(request)
      return state === undefined ? new InvalidCredentialError() : admission.recheck(state)
    },

    /** Whether the request went through `admit`. */
    isAdmitted: (request: object) => stateOf(request) !== undefined,

    /** `null` for the anonymous, for a request that was never admitted, and for none. */
    principalOf: (request: object | undefined): Principal | null =>
      stateOf(request)?.principal ?? null,
  }
}
