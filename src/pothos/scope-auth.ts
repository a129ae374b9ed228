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
 * The scope-auth scope behind every declaration. Name it in the builder's types:
 * `AuthScopes: LatchkeyAuthScopes; DefaultAuthStrategy: 'all'`, beside scopes of your own if any.
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
 * The builder's `scopeAuth` options: scope-auth checks each field against the principal once more,
 * synchronously, and refuses with this package's errors.
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

/** How the `authScopes` that `scopeAuthOptions` made find the principal; `undefined` of any others. */
export function principalReader(
  authScopes: object | undefined,
): ((context: object) => Principal | null) | undefined {
  return authScopes && principalReaders.get(authScopes)
}

type Rule<Map> = Map | ((...args: never[]) => Map | boolean | PromiseLike<Map | boolean>)

/** The scope-auth rule that asks for `requirement` beside what `existing` asks for already. */
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
