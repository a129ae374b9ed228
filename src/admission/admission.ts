import { refuse } from '../credentials/authentication.ts'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { InvalidCredentialError, type LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { Admitted, RequestAdmission } from './request-admission.ts'

export interface AdmissionOptions<Sender> {
  /** Made by `createAuthenticator`. */
  readonly authenticator: Authenticator
  /** Called with the outcome of each request's credential, for logs and metrics. */
  readonly onAuthentication?: (authentication: Authentication, sender: Sender) => void
  /** Returns the error that the sender of a refused credential gets. Default: the refusal's own error. */
  readonly refusalError?: (refusal: Refusal, sender: Sender) => LatchkeyError
  /**
   * Further conditions, checked in this order for each request whose credential was not refused. The first
   * error refuses the request. Default: none.
   */
  readonly stages?: readonly AdmissionStage<Sender>[]
}

/**
 * A condition in addition to a valid credential, such as a limit on requests. It returns `null` if it is met.
 */
export type AdmissionStage<Sender> = (
  principal: Principal | null,
  sender: Sender,
) => LatchkeyError | null | Promise<LatchkeyError | null>

/** The principal of a request, or the error if its credential is no longer valid. */
export type Rechecked = Principal | LatchkeyError

/**
 * The first check of every endpoint: it authenticates the credential of a request, and admits the request as
 * anonymous or with a principal, or refuses it.
 */
export interface Admission<Sender> {
  readonly authenticator: Authenticator
  /** Admits or refuses a request. Synchronous if the credential is in the cache, malformed or missing. */
  admit(
    request: RequestAdmission,
    carrier: CredentialCarrier,
    sender: Sender,
  ): Admitted | Promise<Admitted>
  /**
   * Checks an admitted request again after its body has arrived, if that took long. It does not count as
   * another use of the credential, and does nothing if the body arrived at once.
   */
  readmit(request: RequestAdmission): Admitted | Promise<Admitted>
  /**
   * Checks the credential of an admitted request that is still being answered. It counts neither as an
   * attempt nor as a use.
   */
  recheck(request: RequestAdmission): Rechecked | Promise<Rechecked>
}

export function createAdmission<Sender>(options: AdmissionOptions<Sender>): Admission<Sender> {
  const { authenticator } = options
  const settle = createSettle(options)
  const authenticateAgain = (carrier: CredentialCarrier) =>
    authenticator.recheck?.(carrier) ?? authenticator.authenticate(carrier)
  return {
    authenticator,
    admit(request, carrier, sender) {
      request.carrier = carrier
      request.sender = sender
      request.at = performance.now()
      // A cached credential is decided synchronously, without a promise or a turn of the event loop.
      const authentication = authenticator.authenticate(carrier)
      return authentication instanceof Promise
        ? authentication.then((settled) => {
            request.at = checkedAt(settled, request.at)
            return settle(request, settled, sender)
          })
        : settle(request, authentication, sender)
    },
    readmit: createReadmit(settle, authenticateAgain),
    recheck: createRecheck(authenticateAgain),
  }
}

type Settle<Sender> = (
  request: RequestAdmission,
  authentication: Authentication,
  sender: Sender,
) => Admitted | Promise<Admitted>

/** Returns a function that records the outcome of a request's credential, and then checks the stages. */
function createSettle<Sender>({
  onAuthentication,
  refusalError,
  stages = [],
}: AdmissionOptions<Sender>): Settle<Sender> {
  function passStages(
    request: RequestAdmission,
    sender: Sender,
    left: readonly AdmissionStage<Sender>[],
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

  return (request, found, sender) => {
    const authentication = ofSameUser(found, request)
    onAuthentication?.(authentication, sender)
    request.authentication = authentication
    if (authentication.kind === 'authenticated') request.userId = authentication.principal.userId
    if (authentication.kind === 'refused') {
      const { refusal } = authentication
      request.refusal = refusalError?.(refusal, sender) ?? refusal.error
      return request.refusal
    }
    return passStages(request, sender, stages)
  }
}

type Authenticate = Authenticator['authenticate']

/**
 * The time after which a body is late, in milliseconds. The sender decides how long a body takes, and the
 * credential may have been revoked meanwhile.
 */
const lateAfterMs = 50

/**
 * Returns the time of a check that began at `startedAt`. A session counts as checked when its answer arrives: it
 * is never cached, so a check that takes longer than `lateAfterMs` would otherwise cause another one each time.
 */
function checkedAt(authentication: Authentication, startedAt: number): number {
  const isSession =
    authentication.kind === 'authenticated' &&
    authentication.principal.credential.kind === 'SESSION'
  return isSession ? performance.now() : startedAt
}

function createReadmit<Sender>(
  settle: Settle<Sender>,
  authenticateAgain: Authenticate,
): Admission<Sender>['readmit'] {
  return (request) => {
    const { refusal, readmission, carrier, principal } = request
    if (refusal !== null) return refusal
    if (readmission !== null) return readmission
    if (principal === null || carrier === null) return null
    const at = performance.now()
    if (at - request.at < lateAfterMs) return null
    let checked = at
    const proceed = (authentication: Authentication) => {
      // Only a request with a credential is checked again, and its headers do not change.
      if (authentication.kind === 'anonymous') {
        throw new Error('The request no longer has a credential.')
      }
      checked = checkedAt(authentication, at)
      return settle(request, authentication, request.sender as Sender)
    }
    // This runs only if the check did not throw: after an exception, no operation of the request continues.
    const finish = (admitted: Admitted): Admitted => {
      request.at = checked
      request.readmission = null
      return admitted
    }
    // The previous outcome stays until the new one replaces it, so that no other operation of the same
    // request runs as anonymous meanwhile.
    const authentication = authenticateAgain(carrier)
    const admitted =
      authentication instanceof Promise ? authentication.then(proceed) : proceed(authentication)
    if (!(admitted instanceof Promise)) return finish(admitted)
    request.readmission = admitted.then(finish)
    return request.readmission
  }
}

/**
 * Refuses a credential that no longer stands for the user of the request. This is possible only for a session,
 * which may have ended, and another one of the same browser may have begun.
 */
function ofSameUser(authentication: Authentication, { userId }: RequestAdmission): Authentication {
  if (userId === null || authentication.kind === 'refused') return authentication
  const isSame =
    authentication.kind === 'authenticated' && authentication.principal.userId === userId
  return isSame ? authentication : refuse('session-ended')
}

function createRecheck(authenticateAgain: Authenticate): Admission<never>['recheck'] {
  return (request) => {
    const { carrier, principal, refusal } = request
    if (principal === null || carrier === null || refusal !== null) {
      return new InvalidCredentialError()
    }
    const proceed = (found: Authentication): Rechecked => {
      const authentication = ofSameUser(found, request)
      if (authentication.kind === 'authenticated') {
        request.authentication = authentication
        return authentication.principal
      }
      const error =
        authentication.kind === 'refused'
          ? authentication.refusal.error
          : new InvalidCredentialError()
      // An outage ends, so the next check decides again.
      if (!(error instanceof ServiceUnavailableError)) request.refusal = error
      return error
    }
    const authentication = authenticateAgain(carrier)
    return authentication instanceof Promise
      ? authentication.then(proceed)
      : proceed(authentication)
  }
}
