import type { GraphQLError } from 'graphql'
import type { Admission } from '../admission/admission.ts'
import { type Admitted, RequestAdmission } from '../admission/request-admission.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { LatchkeyError } from '../errors.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import { withoutStack } from '../without-stack.ts'
import { requestError } from './graphql-errors.ts'

/** Cached, because an attacker can cause many refusals, and most of them have the same error. */
const requestErrorOf = memoizeWeak((error: LatchkeyError) => withoutStack(requestError(error)))

function toGraphQLError(admitted: Admitted | Promise<Admitted>): Refused {
  if (admitted instanceof Promise) return admitted.then((error) => error && requestErrorOf(error))
  return admitted && requestErrorOf(admitted)
}

export type Refused = GraphQLError | null | Promise<GraphQLError | null>

/** The admission of requests to a GraphQL endpoint. */
export interface GraphQLAdmission extends Pick<Admission<object>, 'authenticator' | 'recheck'> {
  /**
   * Admits a request by the credential that `carrier` reads from it. Synchronous if the credential is in
   * the cache.
   *
   * @param state the state of admission, if it is kept elsewhere too. Default: a new one
   * @returns the error of a refused request; `null` if it is admitted
   */
  admit(
    request: object,
    carrier: CredentialCarrier,
    serverContext: object,
    state?: RequestAdmission,
  ): Refused
  /** See {@link Admission.readmit}. */
  readmit(state: RequestAdmission): Refused
  /** Returns `undefined` if `admit` was not called for the request, or it is missing. */
  stateOf(request: object | undefined): RequestAdmission | undefined
}

/** Creates the admission of requests to a GraphQL endpoint. The outcome is stored on the request object. */
export function createGraphQLAdmission(admission: Admission<object>): GraphQLAdmission {
  /**
   * A property of the request instead of a WeakMap: a carrier refers to its request, and the garbage
   * collector takes several times as long for a WeakMap whose values refer to their keys.
   */
  const key = Symbol('admission')
  type Keeper = { [key]?: RequestAdmission }

  return {
    authenticator: admission.authenticator,
    recheck: admission.recheck,

    admit(request, carrier, serverContext, state = new RequestAdmission()) {
      ;(request as Keeper)[key] = state
      return toGraphQLError(admission.admit(state, carrier, serverContext))
    },

    readmit: (state) => toGraphQLError(admission.readmit(state)),

    stateOf: (request) => (request as Keeper | undefined)?.[key],
  }
}
