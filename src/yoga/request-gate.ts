import type { GraphQLError } from 'graphql'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { InvalidCredentialError, type LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { remembering } from '../remembering.ts'
import { withoutStack } from '../without-stack.ts'
import { requestError } from './graphql-errors.ts'

export interface RequestGateOptions {
  /** Made by `createAuthenticator`. */
  readonly authenticator: Authenticator
  /**
   * Told what came of each request's credential, for logs and metrics. `serverContext` is what was
   * passed to `yoga.fetch` or `yoga.handle` with the request.
   */
  readonly onAuthentication?: (authentication: Authentication, serverContext: object) => void
  /** What the sender of a refused credential is told. Default: the refusal's own error. */
  readonly refusalError?: (refusal: Refusal, serverContext: object) => LatchkeyError
}

/** What every request passes before anything is read of its body. */
export interface RequestGate {
  readonly authenticator: Authenticator
  /**
   * Authenticates what `carrier` reads of `request`. Answers at once where the credential is
   * remembered.
   *
   * @returns why the request is refused; `null` where it may go on
   */
  admit(
    request: object,
    carrier: CredentialCarrier,
    serverContext: object,
  ): GraphQLError | null | Promise<GraphQLError | null>
  /**
   * The same for an admitted request once its body is there, if it is late. Costs nothing where the
   * body came at once.
   */
  readmit(request: object): GraphQLError | null | Promise<GraphQLError | null>
  /**
   * The same for an admitted request that is still being answered: who sent it as of now, or why its
   * credential no longer counts. It is no further attempt and no further use of the credential.
   */
  recheck(request: object): Recheck | Promise<Recheck>
  /** Who sent `request`; `null` for the anonymous, for one that was never admitted, and for none. */
  principalOf(request: object | undefined): Principal | null
}

export type Recheck = Principal | LatchkeyError

/** A request that was let in, with what it takes to ask again. */
interface Admitted {
  readonly principal: Principal
  readonly carrier: CredentialCarrier
  readonly serverContext: object
  /** When that was asked, by `performance.now()`. */
  readonly at: number
  /** The second authentication, once it is under way: all operations of a batch wait for the same one. */
  again: Promise<GraphQLError | null> | null
}

/** A request whose credential was refused when it was asked about again. */
interface Rejected {
  readonly refusal: GraphQLError
}

/** Milliseconds after which a body is late. */
const lateness = 50

/**
 * Whether a body took so long that its sender has to be asked about again. The sender decides how long
 * that takes, and what the credential was worth before may have been taken back since.
 *
 * @param asked when it was asked about last, by `performance.now()`
 */
export function isLate(asked: number): boolean {
  return performance.now() - asked >= lateness
}

/** Most refusals tell the same, and are many where someone tries. */
const requestErrorOf = remembering((error: LatchkeyError) => withoutStack(requestError(error)))

export function createRequestGate(options: RequestGateOptions): RequestGate {
  const { authenticator, onAuthentication, refusalError } = options
  /**
   * On the request itself: in a WeakMap, what refers to its own key, as a carrier does, takes the
   * garbage collector several times as long.
   */
  const admission = Symbol('admission')
  type Admittable = { [admission]?: Admitted | Rejected | undefined }

  function admit(
    request: object,
    carrier: CredentialCarrier,
    serverContext: object,
    again = false,
  ): GraphQLError | null | Promise<GraphQLError | null> {
    const at = performance.now()
    const proceed = (authentication: Authentication): GraphQLError | null => {
      onAuthentication?.(authentication, serverContext)
      switch (authentication.kind) {
        case 'authenticated': {
          const { principal } = authentication
          const admitted = { principal, carrier, serverContext, at, again: null }
          ;(request as Admittable)[admission] = admitted
          return null
        }
        case 'anonymous':
          // Only a request that carries a credential is asked about again, and it still carries it.
          if (again) throw new Error('The credential of a request is gone.')
          return null
        case 'refused': {
          const { refusal } = authentication
          const error = requestErrorOf(refusalError?.(refusal, serverContext) ?? refusal.error)
          if (again) (request as Admittable)[admission] = { refusal: error }
          return error
        }
      }
    }
    // A remembered credential is decided at once: no promise, no turn of the event loop.
    const authentication = authenticator.authenticate(carrier, again)
    return authentication instanceof Promise
      ? authentication.then(proceed)
      : proceed(authentication)
  }

  return {
    authenticator,
    admit: (request, carrier, serverContext) => admit(request, carrier, serverContext),
    readmit(request) {
      const last = (request as Admittable)[admission]
      if (last === undefined) return null
      if ('refusal' in last) return last.refusal
      if (last.again !== null) return last.again
      if (!isLate(last.at)) return null
      // The state stays until the answer replaces it: in between, other operations of the same
      // request must not be taken for anonymous ones.
      const answer = admit(request, last.carrier, last.serverContext, true)
      if (answer instanceof Promise) last.again = answer
      return answer
    },
    recheck(request) {
      const last = (request as Admittable)[admission]
      if (last === undefined || 'refusal' in last) return new InvalidCredentialError()
      const proceed = (authentication: Authentication): Recheck => {
        if (authentication.kind === 'authenticated') {
          const { principal } = authentication
          if (principal !== last.principal) {
            ;(request as Admittable)[admission] = { ...last, principal, at: performance.now() }
          }
          return principal
        }
        const error =
          authentication.kind === 'refused'
            ? authentication.refusal.error
            : new InvalidCredentialError()
        ;(request as Admittable)[admission] = { refusal: requestErrorOf(error) }
        return error
      }
      const authentication = authenticator.authenticate(last.carrier, true)
      return authentication instanceof Promise
        ? authentication.then(proceed)
        : proceed(authentication)
    },
    principalOf(request) {
      const last = (request as Admittable | undefined)?.[admission]
      return last !== undefined && 'principal' in last ? last.principal : null
    },
  }
}
