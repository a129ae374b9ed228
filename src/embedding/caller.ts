import type { Caller } from '../audit/caller.ts'
import type { ClosableAuthenticator } from '../credentials/create-authenticator.ts'
import { missingFor } from '../decision/index.ts'
import { InsufficientScopeError, UnauthenticatedError } from '../errors.ts'
import { operator } from '../operator.ts'
import type { Principal } from '../principal.ts'

/** The caller of an operation on keys or users. */
export interface As {
  /**
   * The principal of the request, as the authenticator of the same instance made it, or `operator` of
   * `latchkey`. The rules are those of the GraphQL API: the operation needs the same scopes, and a key may
   * change only itself and its descendants. No scope limits the operator.
   *
   * Use a principal for the request that brought it and no longer: its scopes are those of that time.
   */
  readonly as: Principal | typeof operator
  /** The id of the request, for the audit trail: 1 to 128 visible ASCII characters. Default: none. */
  readonly requestId?: string | null | undefined
}

/** The authenticator of the instance, which recognises the principals that it made. */
export type OwnAuthenticator = Pick<ClosableAuthenticator, 'hasMade' | 'recordScopes'>

export type AnyCaller =
  | { readonly kind: 'operator'; readonly requestId: string | null }
  | ({ readonly kind: 'principal' } & Caller)

/**
 * @throws UnauthenticatedError for `null`, the principal of an anonymous request
 * @throws TypeError for any other value that is neither `operator` nor a principal of this instance
 */
export function callerOf(authenticator: OwnAuthenticator, call: As): AnyCaller {
  const { as, requestId = null } = call as { as: unknown; requestId?: string | null }
  if (as === operator) return { kind: 'operator', requestId }
  if (authenticator.hasMade(as)) return { kind: 'principal', principal: as, requestId }
  if (as === null) throw new UnauthenticatedError()
  throw new TypeError(
    as === undefined
      ? '`as` is missing. Pass the principal of the request, or `operator` of `latchkey` for a change by the operator. If you passed `context.principal`, the plugin `usePrincipal` is missing.'
      : '`as` must be a principal that the authenticator of this instance made, or `operator` of `latchkey`. A copy of a principal is not accepted, and a principal of another instance is not.',
  )
}

/**
 * Requires `scope` of a principal, and records that its API key needed it.
 *
 * @throws InsufficientScopeError
 */
export function requireScope(
  authenticator: OwnAuthenticator,
  principal: Principal,
  scope: string,
): void {
  if (!principal.scopes.has(scope)) {
    throw new InsufficientScopeError(missingFor([[scope]], principal))
  }
  authenticator.recordScopes(principal, [scope])
}
