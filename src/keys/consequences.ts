import { type Grant, withinGrant } from '../principal.ts'
import type { ApiKey } from './api-key.ts'

/** The effect of a change on API keys. */
export type Effect =
  /** The keys stop working. */
  | { readonly kind: 'stop' }
  /** The keys keep at most these scopes. */
  | { readonly kind: 'keep'; readonly scopes: readonly string[] }
  /** The owner of the keys gets this grant. */
  | { readonly kind: 'grant'; readonly grant: Grant }

/** The active keys that a change may affect, and its effect. */
export interface AffectedKeys {
  readonly ownerId: string
  /** The key that changes together with its descendants; `null`: all keys of the owner. */
  readonly keyId: string | null
  /** The grant of the owner before the change. */
  readonly grant: Grant
  readonly effect: Effect
  readonly now: Date
}

/**
 * Returns the effective scopes that an active key loses, sorted. A suspension of its owner does not count: a
 * reactivation ends it.
 */
export function lostScopes(
  { lineageScopes }: Pick<ApiKey, 'lineageScopes'>,
  { grant, effect }: Pick<AffectedKeys, 'grant' | 'effect'>,
): readonly string[] {
  const before = withinGrant(lineageScopes, grant)
  const after = new Set(remaining(before, lineageScopes, effect))
  return before.filter((scope) => !after.has(scope))
}

function remaining(before: readonly string[], lineage: readonly string[], effect: Effect) {
  switch (effect.kind) {
    case 'stop':
      return []
    case 'keep':
      return before.filter((scope) => effect.scopes.includes(scope))
    case 'grant':
      return withinGrant(lineage, effect.grant)
  }
}
