import { createAttached } from '../attached.ts'
import { InsufficientScopeError, type MissingScopes, UnauthenticatedError } from '../errors.ts'
import type { HelpUrl } from '../help-url.ts'
import type { Principal } from '../principal.ts'
import {
  holdsAll,
  minimal,
  missingScopes,
  type ScopeRequirement,
  satisfies,
  sorted,
} from '../scopes.ts'
import { allOf, type Evaluation, type GuardedField, type Needs } from './evaluation.ts'

export type Decision = Allowed | Unauthenticated | Insufficient

export interface Allowed {
  readonly outcome: 'allowed'
}

/** The operation reaches a guarded field and the caller has no credential. */
export interface Unauthenticated {
  readonly outcome: 'unauthenticated'
  /** All guarded fields that the operation reaches. */
  readonly fields: readonly GuardedField[]
}

export interface Insufficient extends MissingScopes {
  readonly outcome: 'insufficient'
  /** The guarded fields whose requirements the principal does not meet. */
  readonly fields: readonly GuardedField[]
}

const allowed: Allowed = { outcome: 'allowed' }

/**
 * The requirements that each principal met last. Most callers repeat one operation, and their scopes, which never
 * change, are rarely in the processor's cache.
 */
const lastMet = createAttached<Evaluation>()

/** Decides whether `principal` may run an operation with the requirements of `evaluation`, as a whole. */
export function decide(evaluation: Evaluation, principal: Principal | null): Decision {
  if (!evaluation.authenticated) return allowed
  if (principal === null) return { outcome: 'unauthenticated', fields: evaluation.fields }
  if (lastMet.get(principal) === evaluation) return allowed
  if (!isMet(evaluation, principal)) return insufficient(evaluation, principal)
  lastMet.set(principal, evaluation)
  return allowed
}

function isMet({ requirements, exemptible = [] }: Needs, principal: Principal): boolean {
  for (const requirement of requirements) {
    if (!satisfies(requirement, principal.scopes)) return false
  }
  for (const { requirement, isExempt } of exemptible) {
    if (!satisfies(requirement, principal.scopes) && !isExempt(principal)) return false
  }
  return true
}

/** The requirements that `principal` must meet, without those from which it is exempt. */
function requirementsFor({ requirements, exemptible }: Needs, principal: Principal) {
  if (exemptible === undefined) return requirements
  const others = exemptible.filter(({ isExempt }) => !isExempt(principal))
  return [...requirements, ...others.map(({ requirement }) => requirement)]
}

/**
 * Returns the scopes with which `principal` meets the requirements of `evaluation`: the smallest alternative
 * that it holds.
 *
 * @param principal a caller that `decide` allowed
 */
export function scopesUsed(evaluation: Evaluation, principal: Principal): readonly string[] {
  const [only, another] = evaluation.scopes
  if (evaluation.exemptible === undefined && only !== undefined && another === undefined)
    return only
  const requirements = requirementsFor(evaluation, principal)
  const scopes = evaluation.exemptible === undefined ? evaluation.scopes : allOf(requirements)
  for (const list of scopes) if (holdsAll(list, principal.scopes)) return list
  // `scopes` lists at most 64 alternatives, and the principal holds none of them.
  const each = requirements.map((requirement) =>
    minimal(requirement).find((list) => holdsAll(list, principal.scopes)),
  )
  return sorted(each.flatMap((list) => list ?? []))
}

/**
 * Returns the scopes of `requirement` that `principal` lacks, and those of them that only its grant
 * withholds.
 */
export function missingFor(requirement: ScopeRequirement, principal: Principal): MissingScopes {
  const missing = missingScopes(requirement, principal.scopes)
  return {
    requiredScopes: requirement,
    missingScopes: missing,
    notGranted: missing.filter((scope) => principal.credential.scopes.includes(scope)),
  }
}

/**
 * Returns the error for a denied operation.
 *
 * @param principal the caller, for `helpUrl`
 * @param helpUrl default: the error names no page
 */
export function refusal(
  decision: Unauthenticated | Insufficient,
  principal: Principal | null = null,
  helpUrl?: HelpUrl,
): UnauthenticatedError | InsufficientScopeError {
  if (decision.outcome === 'unauthenticated') return new UnauthenticatedError()
  const { requiredScopes, missingScopes: missing, notGranted } = decision
  const help = principal === null ? null : (helpUrl?.(principal, missing) ?? null)
  const scopes = { requiredScopes, missingScopes: missing, notGranted }
  return new InsufficientScopeError(scopes, undefined, help)
}

function insufficient(evaluation: Evaluation, principal: Principal): Insufficient {
  return {
    outcome: 'insufficient',
    ...missingFor(allOf(requirementsFor(evaluation, principal)), principal),
    fields: evaluation.fields.filter(
      ({ requirement, needs }) => !isMet(needs ?? { requirements: [requirement] }, principal),
    ),
  }
}
