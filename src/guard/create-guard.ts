import { createAdmission } from '../admission/admission.ts'
import { createFailureLimiter } from '../admission/failure-limiter.ts'
import { RequestAdmission } from '../admission/request-admission.ts'
import {
  carrierOf,
  type GuardRequest,
  isNodeRequest,
  type NodeRequest,
  plainRequest,
} from '../admission/request-carrier.ts'
import { createAttached } from '../attached.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { missingFor } from '../decision/index.ts'
import {
  InsufficientScopeError,
  type LatchkeyError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../errors.ts'
import type { Principal } from '../principal.ts'
import { holdsAll, isScopeName, sorted } from '../scopes.ts'
import {
  type Connection,
  type ConnectionContext,
  closeConnection,
  connectionOf,
  isConnection,
} from '../websockets/connection.ts'
import { ConnectionWatches } from '../websockets/connection-watch.ts'

export interface CreateGuardOptions<GuardedRequest extends GuardRequest = GuardRequest> {
  /** Made by `createAuthenticator` or `connectLatchkey`. */
  readonly authenticator: Authenticator
  /**
   * Returns the IP address of the client; `null`: unknown. Refused credentials are counted by it, if it is known,
   * and it is stored with the last use of a key. Behind a proxy, return the address that the proxy reports. Default:
   * the address of the connection for requests of Node, otherwise `null`.
   */
  readonly clientAddress?: (request: GuardedRequest) => string | null | undefined
  /**
   * The number of refused credentials that one address may send in a minute before it gets
   * `RateLimitedError` (429). Valid credentials always pass. 0: no limit. Default 20.
   */
  readonly failuresPerMinute?: number
}

export interface Guard<GuardedRequest extends GuardRequest = GuardRequest> {
  /**
   * Authenticates a request, and requires all of `scopes`. Without `scopes`, any valid credential suffices.
   *
   * @throws LatchkeyError with `status`, `headers` and `toResponse()`
   */
  (request: GuardedRequest | ConnectionContext, ...scopes: string[]): Promise<Principal>
  /**
   * Authenticates a request, for `principalOf` of `guardSchema`.
   *
   * Also takes the context of an operation in a WebSocket, of graphql-ws or Mercurius. It reads the credential
   * from `authorization` or `apiKey` of the connection's parameters, or from the headers of the upgrade. If the
   * credential is not valid, or no longer, the WebSocket is closed with 4403.
   *
   * @returns the principal, or `null` if the request is anonymous; a promise of it unless the credential was
   *   verified lately. The promise is rejected with a LatchkeyError if the credential is refused.
   */
  authenticate(
    request: GuardedRequest | ConnectionContext,
  ): Principal | null | Promise<Principal | null>
}

/** Creates a guard for endpoints outside GraphQL, such as REST and RPC. */
export function createGuard<GuardedRequest extends GuardRequest = GuardRequest>(
  options: CreateGuardOptions<GuardedRequest>,
): Guard<GuardedRequest> {
  const { authenticator } = options
  const admit = createAdmit(options)

  function authenticate(
    request: GuardedRequest | ConnectionContext,
  ): Principal | null | Promise<Principal | null> {
    const admitted = admit(request)
    return admitted instanceof Promise ? admitted.then(principalIn) : principalIn(admitted)
  }

  async function guard(
    request: GuardedRequest | ConnectionContext,
    ...scopes: string[]
  ): Promise<Principal> {
    requireScopeNames(scopes)
    const principal = await authenticate(request)
    if (principal === null) throw new UnauthenticatedError()
    const needed = sorted(scopes)
    if (!holdsAll(needed, principal.scopes)) {
      throw new InsufficientScopeError(missingFor([needed], principal))
    }
    authenticator.recordScopes?.(principal, needed)
    return principal
  }
  return Object.assign(guard, { authenticate })
}

class GuardAdmission extends RequestAdmission {
  admitted: LatchkeyError | null | Promise<LatchkeyError | null> = null
  /** The time of the call of `admit` for a WebSocket, by `performance.now()`; 0 for a request. */
  admittedAt = 0
}

/** A refusal is a rejection, whether it took time or not. */
function principalIn({ refusal, principal }: RequestAdmission): Principal | null | Promise<never> {
  return refusal === null ? principal : Promise.reject(refusal)
}

/** The interval after which an operation in a WebSocket is another use of its credential, in milliseconds. */
const nextUseMs = 10_000

/**
 * Returns a function that admits each request once. A request that is guarded again later, such as by several
 * resolvers, is one attempt, and its credential is checked again. All operations in a WebSocket are one request.
 */
function createAdmit<GuardedRequest extends GuardRequest>({
  authenticator,
  clientAddress,
  failuresPerMinute = 20,
}: CreateGuardOptions<GuardedRequest>) {
  const limiter = createFailureLimiter({ perMinute: failuresPerMinute, now: Date.now })
  const addressOf = (request: GuardedRequest | null, plain?: Request | NodeRequest) => {
    if (request === null) return null
    if (clientAddress !== undefined) return clientAddress(request) ?? null
    return peerAddress(plain ?? plainRequest(request))
  }
  const admission = createAdmission<GuardedRequest | null>({
    authenticator,
    refusalError: ({ error }, request) => limiter.errorFor(error, addressOf(request)),
  })
  const admissions = createAttached<GuardAdmission>()
  const watches = new ConnectionWatches(authenticator, admission.recheck)

  type Attempted = Attempt<GuardedRequest>

  function admitFirst(
    { key, request, connection }: Attempted,
    userId: string | null,
  ): RequestAdmission | Promise<RequestAdmission> {
    const state = new GuardAdmission()
    state.userId = userId
    if (connection !== null) state.admittedAt = performance.now()
    const carrier =
      connection === null
        ? carrierOf(key, () => addressOf(request, key))
        : connection.carrier(() => addressOf(request))
    const admitted = admission.admit(state, carrier, request)
    state.admitted = admitted
    admissions.set(key, state)
    return admitted instanceof Promise ? admitted.then(() => state) : state
  }

  async function admitAgain(attempt: Attempted, state: GuardAdmission): Promise<RequestAdmission> {
    await state.admitted
    const { refusal, admittedAt } = state
    const isUsedAgain =
      attempt.connection !== null && refusal === null && performance.now() - admittedAt > nextUseMs
    // An outage ends. The request of a connection that lasts is then admitted again, for the same user.
    if (refusal instanceof ServiceUnavailableError || isUsedAgain) {
      return admitFirst(attempt, state.userId)
    }
    await admission.readmit(state)
    return state
  }

  async function admitConnection(
    connection: Connection,
    attempt: Attempted,
    before: GuardAdmission | undefined,
  ): Promise<RequestAdmission> {
    const wasAccepted = (before?.userId ?? null) !== null
    const state = await (before === undefined
      ? admitFirst(attempt, null)
      : admitAgain(attempt, before))
    const { refusal } = state
    if (refusal === null) watches.watch(connection, state)
    else if (!(refusal instanceof ServiceUnavailableError)) {
      closeConnection(connection, refusal, wasAccepted)
    }
    return state
  }

  return (
    request: GuardedRequest | ConnectionContext,
  ): RequestAdmission | Promise<RequestAdmission> => {
    const attempt = attemptOf(request)
    const before = admissions.get(attempt.key)
    if (attempt.connection !== null) return admitConnection(attempt.connection, attempt, before)
    return before === undefined ? admitFirst(attempt, null) : admitAgain(attempt, before)
  }
}

/** `key` is the same object for the same request or WebSocket. */
type Attempt<GuardedRequest> =
  | {
      readonly key: Request | NodeRequest
      readonly request: GuardedRequest
      readonly connection: null
    }
  | {
      readonly key: object
      /** `null`: the upgrade of a WebSocket whose request is unknown. */
      readonly request: GuardedRequest | null
      readonly connection: Connection
    }

function attemptOf<GuardedRequest extends GuardRequest>(
  request: GuardedRequest | ConnectionContext,
): Attempt<GuardedRequest> {
  if (typeof request === 'object' && request !== null && isConnection(request)) {
    const connection = connectionOf(request)
    const { key, upgrade } = connection
    return { key, request: upgrade as GuardedRequest | null, connection }
  }
  const key = plainRequest(request as GuardedRequest)
  return { key, request: request as GuardedRequest, connection: null }
}

function peerAddress(request: Request | NodeRequest): string | null {
  return isNodeRequest(request) ? (request.socket?.remoteAddress ?? null) : null
}

/** @throws TypeError if one of `scopes` is not the name of a scope */
export function requireScopeNames(scopes: readonly unknown[]): void {
  for (const scope of scopes) {
    if (typeof scope === 'string' && isScopeName(scope)) continue
    throw new TypeError(`The guard requires ${inspected(scope)}, which is not a scope name.`)
  }
}

function inspected(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : `a value of type ${typeof value}`
}
