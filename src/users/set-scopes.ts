import { actorOf, type Caller } from '../audit/caller.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireDistinctScopes, requireHeld, requireInCatalogue } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { SetUserScopesInput } from './inputs.ts'
import { mayReadUsers, requireStatedGrant } from './rules.ts'
import type { UserStore } from './store.ts'
import type { User } from './user.ts'

export interface SetUserScopesOptions {
  readonly store: Pick<UserStore, 'setScopes'>
  readonly catalogue: ScopeCatalogue
  /** Called with scopes of the caller that a rule here required. */
  readonly onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void
}

/** @returns `null` if the user does not exist @throws BadUserInputError, ScopesNotHeldError */
export async function setUserScopes(
  { store, catalogue, onScopesNeeded }: SetUserScopesOptions,
  caller: Caller,
  { userId, scopes }: SetUserScopesInput,
): Promise<User | null> {
  const requested = requireStatedGrant(scopes)
  const { principal } = caller
  if (requested === null) {
    const all = [...catalogue.keys()]
    const lifted = await store.setScopes(userId, null, actorOf(caller), () => {
      requireHeld(all, principal.scopes)
      onScopesNeeded(principal, all)
    })
    return lifted
  }
  const granted = requireDistinctScopes('scopes', requested)
  // The check runs in the transaction: a scope that another request has just removed counts as added.
  return store.setScopes(userId, granted, actorOf(caller), (before) => {
    const kept = new Set(withinGrant(granted, { ceiling: before.scopes, issuerCeiling: null }))
    const added = granted.filter((scope) => !kept.has(scope))
    // The missing scopes in the error must not depend on a grant that the caller may not read.
    const permitted = added.every((scope) => catalogue.has(scope) && principal.scopes.has(scope))
    const checked = permitted || mayReadUsers(principal) ? added : granted
    requireInCatalogue('scopes', checked, catalogue)
    requireHeld(checked, principal.scopes)
    onScopesNeeded(principal, added)
  })
}
