import {
  type AuthFailure,
  AuthScopeFailureType,
  type ForbiddenResult,
} from '@pothos/plugin-scope-auth'
import { missingFor } from '../decision/index.ts'
import { InsufficientScopeError, UnauthenticatedError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type ScopeRequirement, satisfies } from '../scopes.ts'

/**
 * The scope-auth scope that enforces every declaration. The types of the builder must name it:
 * `AuthScopes: LatchkeyAuthScopes; DefaultAuthStrategy: 'all'`. They may add scopes of the application.
 */
export type LatchkeyAuthScopes = { latchkey: ScopeRequirement }

export interface LatchkeyScopeAuthOptions<Context> {
  authScopes: (context: Context) => { latchkey: (requirement: ScopeRequirement) => boolean }
  defaultStrategy: 'all'
  authorizeOnSubscribe: true
  unauthorizedError: (
    parent: object,
    context: Context,
    info: unknown,
    result: ForbiddenResult,
  ) => Error | string
}

/**
 * Returns the `scopeAuth` options for the builder. Scope-auth then checks each field against the principal,
 * synchronously, and throws the errors of this package.
 *
 * @param principalOf reads the principal from the context of a request; `null` for an anonymous caller
 */
export function scopeAuthOptions<Context extends object>(
  principalOf: (context: Context) => Principal | null,
): LatchkeyScopeAuthOptions<Context> {
  const authScopes = (context: Context) => {
    const principal = principalOf(context)
    return {
      latchkey: (requirement: ScopeRequirement) =>
        principal !== null && satisfies(requirement, principal.scopes),
    }
  }
  principalReaders.set(authScopes, principalOf as (context: object) => Principal | null)
  return {
    authScopes,
    defaultStrategy: 'all',
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, context, _info, { failure, message }) => {
      const requirement = failedRequirement(failure)
      if (requirement === undefined) return message
      const principal = principalOf(context)
      if (principal === null) return new UnauthenticatedError()
      return new InsufficientScopeError(missingFor(requirement, principal))
    },
  }
}

const principalReaders = new WeakMap<object, (context: object) => Principal | null>()

/** Returns the `principalOf` of `authScopes` that `scopeAuthOptions` created; `undefined` for any others. */
export function principalReader(
  authScopes: object | undefined,
): ((context: object) => Principal | null) | undefined {
  return authScopes && principalReaders.get(authScopes)
}

type Rule<Map> = Map | ((...args: never[]) => Map | boolean | PromiseLike<Map | boolean>)

/** Returns a scope-auth rule that requires `rule` in addition to `existing`. */
export function withRequirement(
  existing: Rule<object> | undefined,
  rule: LatchkeyAuthScopes,
): Rule<object> {
  if (existing === undefined) return rule
  if (typeof existing !== 'function') return { $all: { ...existing, latchkey: rule.latchkey } }
  const add = (answer: object | boolean): object | boolean => {
    if (typeof answer === 'boolean') return answer && rule
    return { $all: { ...answer, latchkey: rule.latchkey } }
  }
  return (...args) => {
    const answer = existing(...args)
    return typeof answer === 'object' && 'then' in answer
      ? (answer as PromiseLike<object | boolean>).then(add)
      : add(answer)
  }
}

function failedRequirement(failure: AuthFailure): ScopeRequirement | undefined {
  if (failure.kind === AuthScopeFailureType.AuthScope) {
    return failure.scope === 'latchkey' ? (failure.parameter as ScopeRequirement) : undefined
  }
  if (!('failures' in failure)) return undefined
  for (const inner of failure.failures) {
    const requirement = failedRequirement(inner)
    if (requirement !== undefined) return requirement
  }
  return undefined
}
