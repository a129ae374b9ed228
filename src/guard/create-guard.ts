import { createAdmission } from '../admission/admission.ts'
import { createFailureLimiter } from '../admission/failure-limiter.ts'
import { RequestAdmission } from '../admission/request-admission.ts'
import { Attached } from '../attached.ts'
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
  carrierOf,
  type GuardRequest,
  isNodeRequest,
  type NodeRequest,
  plainRequest,
} from './carrier.ts'

export interface CreateGuardOptions<GuardedRequest extends GuardRequest = GuardRequest> {
  /** Made by `createAuthenticator` or `connectLatchkey`. */
  readonly authenticator: Authenticator
  /**
   * Returns the IP address of the client, by which refused credentials are counted; `null`: unknown, and they
   * are not counted. Behind a proxy, return the address that the proxy reports. Default: the address of the
   * connection for requests of Node, otherwise `null`.
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
  (request: GuardedRequest, ...scopes: string[]): Promise<Principal>
  /**
   * Authenticates a request, for `principalOf` of `guardSchema`.
   *
   * @returns the principal, or `null` if the request is anonymous; a promise of it unless the credential was
   *   verified lately. The promise is rejected with a LatchkeyError if the credential is refused.
   */
  authenticate(request: GuardedRequest): Principal | null | Promise<Principal | null>
}

/** Creates a guard for endpoints outside GraphQL, such as REST and RPC. */
export function createGuard<GuardedRequest extends GuardRequest = GuardRequest>(
  options: CreateGuardOptions<GuardedRequest>,
): Guard<GuardedRequest> {
  const { authenticator } = options
  const admit = createAdmit(options)

  function authenticate(request: GuardedRequest): Principal | null | Promise<Principal | null> {
    const admitted = admit(request)
    return admitted instanceof Promise ? admitted.then(principalIn) : principalIn(admitted)
  }

  async function guard(request: GuardedRequest, ...scopes: string[]): Promise<Principal> {
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

interface AdmittedRequest {
  readonly of: Request | NodeRequest
  readonly admission: RequestAdmission
  readonly admitted: LatchkeyError | null | Promise<LatchkeyError | null>
}

/** A refusal is a rejection, whether it took time or not. */
function principalIn({ refusal, principal }: RequestAdmission): Principal | null | Promise<never> {
  return refusal === null ? principal : Promise.reject(refusal)
}

/**
 * Returns a function that admits each request once. A request that is guarded again later, such as by several
 * resolvers, is one attempt, and its credential is checked again.
 */
function createAdmit<GuardedRequest extends GuardRequest>({
  authenticator,
  clientAddress,
  failuresPerMinute = 20,
}: CreateGuardOptions<GuardedRequest>) {
  const limiter = createFailureLimiter({ perMinute: failuresPerMinute, now: Date.now })
  const addressOf = (request: GuardedRequest) =>
    (clientAddress === undefined ? peerAddress(request) : clientAddress(request)) ?? null
  const admission = createAdmission<GuardedRequest>({
    authenticator,
    refusalError: ({ error }, request) => limiter.errorFor(error, addressOf(request)),
  })
  const admissions = new Attached<AdmittedRequest>('admission')

  function admitFirst(
    plain: Request | NodeRequest,
    request: GuardedRequest,
    userId: string | null,
  ) {
    const state = new RequestAdmission()
    state.userId = userId
    const admitted = admission.admit(state, carrierOf(plain), request)
    admissions.set({ of: plain, admission: state, admitted })
    return admitted instanceof Promise ? admitted.then(() => state) : state
  }

  async function admitAgain(
    plain: Request | NodeRequest,
    request: GuardedRequest,
    { admission: state, admitted }: AdmittedRequest,
  ): Promise<RequestAdmission> {
    await admitted
    // An outage ends. The request of a connection that lasts is then admitted again, for the same user.
    if (state.refusal instanceof ServiceUnavailableError) {
      return admitFirst(plain, request, state.userId)
    }
    await admission.readmit(state)
    return state
  }

  return (request: GuardedRequest): RequestAdmission | Promise<RequestAdmission> => {
    const plain = plainRequest(request)
    const before = admissions.get(plain)
    return before === undefined
      ? admitFirst(plain, request, null)
      : admitAgain(plain, request, before)
  }
}

function peerAddress(request: GuardRequest): string | null {
  const plain = plainRequest(request)
  return isNodeRequest(plain) ? (plain.socket?.remoteAddress ?? null) : null
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
