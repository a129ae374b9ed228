import { actorOf, type Caller } from '../audit/caller.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireDistinctScopes, requireHeld, requireInCatalogue } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { SetUserScopesInput } from './inputs.ts'
import { mayReadUsers, requireStatedGrant } from './rules.ts'
import type { UserStore } from './store.ts'
import type { User } from './user.ts'

export interface GrantRules {
  readonly catalogue: ScopeCatalogue
  /** Called with scopes of the caller that a rule here required. */
  readonly onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void
}

export interface SetUserScopesOptions extends GrantRules {
  readonly store: Pick<UserStore, 'setScopes'>
}

/** @returns `null` if the user does not exist @throws BadUserInputError, ScopesNotHeldError */
export async function setUserScopes(
  { store, ...rules }: SetUserScopesOptions,
  caller: Caller,
  input: SetUserScopesInput,
): Promise<User | null> {
  const { scopes, check } = grantCheck(rules, caller.principal, input)
  // The check runs in the transaction: a scope that another request has just removed counts as added.
  return store.setScopes(input.userId, scopes, actorOf(caller), check)
}

/** A requested grant and its check. */
interface RequestedGrant {
  /** `null`: no ceiling. */
  readonly scopes: readonly string[] | null
  /** @throws BadUserInputError, ScopesNotHeldError if the caller may not give the grant to that user */
  readonly check: (before: User) => void
}

/** @throws BadUserInputError */
export function grantCheck(
  { catalogue, onScopesNeeded }: GrantRules,
  principal: Principal,
  { scopes: stated }: SetUserScopesInput,
): RequestedGrant {
  const requested = requireStatedGrant(stated)
  if (requested === null) {
    const all = [...catalogue.keys()]
    const check = () => {
      requireHeld(all, principal.scopes)
      onScopesNeeded(principal, all)
    }
    return { scopes: null, check }
  }
  const granted = requireDistinctScopes('scopes', requested)
  const check = (before: User) => {
    const kept = new Set(withinGrant(granted, { ceiling: before.scopes, issuerCeiling: null }))
    const added = granted.filter((scope) => !kept.has(scope))
    // The missing scopes in the error must not depend on a grant that the caller may not read.
    const permitted = added.every((scope) => catalogue.has(scope) && principal.scopes.has(scope))
    const checked = permitted || mayReadUsers(principal) ? added : granted
    requireInCatalogue('scopes', checked, catalogue)
    requireHeld(checked, principal.scopes)
    onScopesNeeded(principal, added)
  }
  return { scopes: granted, check }
}
