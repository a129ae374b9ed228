import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { InvalidCredentialError, type LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'

export interface AdmissionOptions<Sender> {
  /** Made by `createAuthenticator`. */
  readonly authenticator: Authenticator
  /** Called with the outcome of each request's credential, for logs and metrics. */
  readonly onAuthentication?: (authentication: Authentication, sender: Sender) => void
  /** What the sender of a refused credential is told. Default: the refusal's own error. */
  readonly refusalError?: (refusal: Refusal, sender: Sender) => LatchkeyError
  /**
   * Asked in this order about each request whose credential was not refused. The first error refuses the
   * request. Default: none.
   */
  readonly stages?: readonly AdmissionStage<Sender>[]
}

/** A condition beside a good credential, such as a limit on requests. `null`: the request may go on. */
export type AdmissionStage<Sender> = (
  principal: Principal | null,
  sender: Sender,
) => LatchkeyError | null | Promise<LatchkeyError | null>

/** Why a request is refused; `null`: it may go on. */
export type Admitted = LatchkeyError | null

/**
 * What every endpoint asks first: it takes the credential that a request carries, and lets the request
 * on as anonymous or with a principal, or refuses it.
 */
export type Admission<Sender> = ReturnType<typeof createAdmission<Sender>>

export type Rechecked = Principal | LatchkeyError

/** What admission knows of one request. */
export class RequestAdmission {
  /** The last outcome; `null`: the request was not asked about. */
  authentication: Authentication | null = null
  /** Why the request may not go on, once it was refused. */
  refusal: LatchkeyError | null = null
  carrier: CredentialCarrier | null = null
  /** As it was handed to `admit`. */
  sender: unknown = null
  /** When the credential was read last, by `performance.now()`. */
  at = 0
  /**
   * The second admission while it is under way, its stages included: all operations of a batch wait for
   * the same one. It stays where it failed, so that all of them fail.
   */
  readmission: Promise<Admitted> | null = null

  /** `null` for the anonymous, the refused, and a request that was not asked about. */
  get principal(): Principal | null {
    const { authentication } = this
    return authentication?.kind === 'authenticated' ? authentication.principal : null
  }
}

/**
 * Milliseconds after which a body is late. The sender decides how long a body takes, and the credential
 * may have been revoked since it was read.
 */
const lateAfterMs = 50

export function createAdmission<Sender>(options: AdmissionOptions<Sender>) {
  const { authenticator, onAuthentication, refusalError, stages = [] } = options

  const recheck = (carrier: CredentialCarrier) =>
    authenticator.recheck?.(carrier) ?? authenticator.authenticate(carrier)

  function settle(
    request: RequestAdmission,
    authentication: Authentication,
    sender: Sender,
  ): Admitted | Promise<Admitted> {
    onAuthentication?.(authentication, sender)
    request.authentication = authentication
    if (authentication.kind === 'refused') {
      const { refusal } = authentication
      request.refusal = refusalError?.(refusal, sender) ?? refusal.error
      return request.refusal
    }
    return passStages(request, sender)
  }

  function passStages(
    request: RequestAdmission,
    sender: Sender,
    left = stages,
  ): Admitted | Promise<Admitted> {
    const [stage] = left
    if (stage === undefined) return null
    const proceed = (error: Admitted): Admitted | Promise<Admitted> => {
      request.refusal = error
      return error ?? passStages(request, sender, left.slice(1))
    }
    const passed = stage(request.principal, sender)
    return passed instanceof Promise ? passed.then(proceed) : proceed(passed)
  }

  return {
    authenticator,

    /** Answers at once where the credential is in the cache, malformed or missing. */
    admit(
      request: RequestAdmission,
      carrier: CredentialCarrier,
      sender: Sender,
    ): Admitted | Promise<Admitted> {
      request.carrier = carrier
      request.sender = sender
      request.at = performance.now()
      // A cached credential is decided at once: no promise, no turn of the event loop.
      const authentication = authenticator.authenticate(carrier)
      return authentication instanceof Promise
        ? authentication.then((settled) => settle(request, settled, sender))
        : settle(request, authentication, sender)
    },

    /**
     * The same for an admitted request once its body is there, where that took long. It is no further use
     * of the credential. Costs nothing where the body came at once.
     */
    readmit(request: RequestAdmission): Admitted | Promise<Admitted> {
      const { refusal, readmission, carrier, principal } = request
      if (refusal !== null) return refusal
      if (readmission !== null) return readmission
      if (principal === null || carrier === null) return null
      if (performance.now() - request.at < lateAfterMs) return null
      const at = performance.now()
      const proceed = (authentication: Authentication) => {
        // Only a request that carries a credential is asked about again, and it still carries it.
        if (authentication.kind === 'anonymous') {
          throw new Error('The credential of a request is gone.')
        }
        return settle(request, authentication, request.sender as Sender)
      }
      // Only what did not fail counts as asked: after a failure nothing of the request goes on.
      const finish = (admitted: Admitted): Admitted => {
        request.at = at
        request.readmission = null
        return admitted
      }
      // The outcome stays until another replaces it: meanwhile no other operation of the same request
      // must be taken for an anonymous one.
      const authentication = recheck(carrier)
      const admitted =
        authentication instanceof Promise ? authentication.then(proceed) : proceed(authentication)
      if (!(admitted instanceof Promise)) return finish(admitted)
      request.readmission = admitted.then(finish)
      return request.readmission
    },

    /**
     * The principal of an admitted request that is still being answered, or why its credential no longer
     * counts. It is no further attempt and no further use of the credential.
     */
    recheck(request: RequestAdmission): Rechecked | Promise<Rechecked> {
      const { carrier, principal, refusal } = request
      if (principal === null || carrier === null || refusal !== null) {
        return new InvalidCredentialError()
      }
      const proceed = (authentication: Authentication): Rechecked => {
        if (authentication.kind === 'authenticated') {
          request.authentication = authentication
          return authentication.principal
        }
        request.refusal =
          authentication.kind === 'refused'
            ? authentication.refusal.error
            : new InvalidCredentialError()
        return request.refusal
      }
      const authentication = recheck(carrier)
      return authentication instanceof Promise
        ? authentication.then(proceed)
        : proceed(authentication)
    },
  }
}
