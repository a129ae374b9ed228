import type { Actor } from '../audit/actor.ts'
import { actorOf, type Caller } from '../audit/caller.ts'
import { ConflictError } from '../errors.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireDistinctScopes, requireHeld, requireInCatalogue } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText } from '../text-rules.ts'
import type { CreateUserInput } from './inputs.ts'
import {
  mayReadUsers,
  optionalEmail,
  requiredSubject,
  trustedIssuer,
  userNameRule,
} from './rules.ts'
import type { Tombstone, UserStore } from './store.ts'
import type { User } from './user.ts'

export interface CreateUserOptions {
  readonly store: Pick<UserStore, 'insert' | 'findByIdentity'>
  readonly catalogue: ScopeCatalogue
  /** The trusted issuers. The first is the default for new users. */
  readonly issuers: readonly string[]
  /** The default grant of a new user; `null`: no scopes. */
  readonly defaultScopes: readonly string[] | null
  /** Called with scopes of the caller that a rule here required. */
  readonly onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void
}

/** @throws BadUserInputError, ConflictError, ScopesNotHeldError */
export async function createUser(
  options: CreateUserOptions,
  caller: Caller,
  input: CreateUserInput,
): Promise<User> {
  const { store } = options
  const person = checkedPerson(options, input)
  const { issuer, subject } = person
  const newUser = { ...person, scopes: initialScopes(options, caller.principal, input.scopes) }
  const user = await store.insert(newUser, actorOf(caller))
  if (user !== 'duplicate') return user
  if (mayReadUsers(caller.principal)) {
    throw duplicate(subject)
  }
  // The caller may not read users, so the answer shows neither that the user existed nor that it is suspended.
  const known = await store.findByIdentity(issuer, subject)
  if (known !== null) return { ...known, status: 'ACTIVE' }
  const recreated = await store.insert(newUser, actorOf(caller))
  if (recreated !== 'duplicate') return recreated
  throw new ConflictError('Another request changed the user at the same time. Try again.')
}

/**
 * Creates a user as an operator: no scope limits the grant.
 *
 * @throws BadUserInputError, ConflictError
 */
export async function createUserAsOperator(
  options: Omit<CreateUserOptions, 'onScopesNeeded'>,
  input: CreateUserInput,
  by: Actor,
): Promise<User> {
  const { store, catalogue, defaultScopes } = options
  const person = checkedPerson(options, input)
  const scopes = requireDistinctScopes('scopes', input.scopes ?? defaultScopes ?? [])
  requireInCatalogue('scopes', scopes, catalogue)
  const user = await store.insert({ ...person, scopes }, by)
  if (user === 'duplicate') throw duplicate(person.subject)
  return user
}

/** @throws BadUserInputError */
function checkedPerson({ issuers }: Pick<CreateUserOptions, 'issuers'>, input: CreateUserInput) {
  return {
    issuer: trustedIssuer(issuers, input.issuer),
    subject: requiredSubject('subject', input.subject),
    email: optionalEmail('email', input.email),
    name: optionalText('name', input.name, userNameRule),
  }
}

function duplicate(subject: string): ConflictError {
  return new ConflictError(`A user with subject ${subject} of that issuer exists already.`)
}

/**
 * Returns a function that computes the grant of a new user from the tombstone of a deleted one, if there is
 * one.
 */
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
    // An error would show that the user existed before, and its grant.
    if (mayReadUsers(principal)) requireHeld(scopes, new Set(within))
    return within
  }
}

function withinTombstone(scopes: readonly string[], tombstone: Tombstone | undefined) {
  return tombstone === undefined
    ? scopes
    : withinGrant(scopes, { ceiling: tombstone.scopes, issuerCeiling: null })
}
