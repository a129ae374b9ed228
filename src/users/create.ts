import { actorOf, type Caller } from '../audit/caller.ts'
import { BadUserInputError, ConflictError } from '../errors.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireDistinctScopes, requireHeld, requireInCatalogue } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText } from '../text-rules.ts'
import type { CreateUserInput } from './inputs.ts'
import { mayReadUsers, optionalEmail, requiredSubject, userNameRule } from './rules.ts'
import type { Tombstone, UserStore } from './store.ts'
import type { User } from './user.ts'

export interface CreateUserOptions {
  readonly store: Pick<UserStore, 'insert' | 'findByIdentity'>
  readonly catalogue: ScopeCatalogue
  /** The first is meant where a new user names none. */
  readonly issuers: readonly string[]
  /** What a new user is granted where nothing is requested; `null`: nothing. */
  readonly defaultScopes: readonly string[] | null
  /** Told which scopes of a caller a rule here went by. */
  readonly onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void
}

/** @throws BadUserInputError, ConflictError, ScopesNotHeldError */
export async function createUser(
  options: CreateUserOptions,
  caller: Caller,
  input: CreateUserInput,
): Promise<User> {
  const { store, issuers } = options
  const issuer = input.issuer ?? issuers[0]
  if (issuer === undefined || !issuers.includes(issuer)) {
    throw new BadUserInputError(
      'issuer',
      `\`issuer\` is not one that this server trusts. It trusts ${issuers.join(', ') || 'none'}.`,
    )
  }
  const subject = requiredSubject('subject', input.subject)
  const email = optionalEmail('email', input.email)
  const name = optionalText('name', input.name, userNameRule)
  const scopes = initialScopes(options, caller.principal, input.scopes)
  const newUser = { issuer, subject, email, name, scopes }
  const user = await store.insert(newUser, actorOf(caller))
  if (user !== 'duplicate') return user
  if (mayReadUsers(caller.principal)) {
    throw new ConflictError(`There is already a user with subject ${subject} of that issuer.`)
  }
  // As if it were new: neither that the user was there nor that it is suspended is told.
  const known = await store.findByIdentity(issuer, subject)
  if (known !== null) return { ...known, status: 'ACTIVE' }
  const recreated = await store.insert(newUser, actorOf(caller))
  if (recreated !== 'duplicate') return recreated
  throw new ConflictError('The user was changed by someone else meanwhile. Try again.')
}

/** What a new user is granted, as far as it can be told without knowing who was there before. */
function initialScopes(
  { catalogue, defaultScopes, onScopesNeeded }: CreateUserOptions,
  principal: Principal,
  requested: readonly string[] | null | undefined,
): (tombstone: Tombstone | undefined) => readonly string[] {
  const mayWiden = principal.scopes.has('write:grants')
  if (requested == null) {
    const scopes = defaultScopes ?? []
    return (tombstone) => (mayWiden ? scopes : withinTombstone(scopes, tombstone))
  }
  const scopes = requireDistinctScopes('scopes', requested)
  requireInCatalogue('scopes', scopes, catalogue)
  requireHeld(scopes, principal.scopes)
  onScopesNeeded(principal, scopes)
  return (tombstone) => {
    if (mayWiden) {
      onScopesNeeded(principal, ['write:grants'])
      return scopes
    }
    const within = withinTombstone(scopes, tombstone)
    // An error would tell that the user was there before, and what it was granted.
    if (mayReadUsers(principal)) requireHeld(scopes, new Set(within))
    return within
  }
}

function withinTombstone(scopes: readonly string[], tombstone: Tombstone | undefined) {
  return tombstone === undefined
    ? scopes
    : withinGrant(scopes, { ours: tombstone.scopes, issuers: null })
}
