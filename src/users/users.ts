import { setTimeout } from 'node:timers/promises'
import { actorOf, type Caller } from '../audit/caller.ts'
import { BadUserInputError, ConflictError, NotFoundError } from '../errors.ts'
import type { Page, PageRequest } from '../pagination.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireDistinctScopes, requireHeld, requireInCatalogue } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import { optionalEmail, requiredSubject, userNameRule } from './rules.ts'
import type { SignedOutToken, Tombstone, UserChange, UserFilter, UserStore } from './store.ts'
import type { User } from './user.ts'

export interface CreateUserInput {
  readonly issuer?: string | null | undefined
  readonly subject: string
  readonly email?: string | null | undefined
  readonly name?: string | null | undefined
  readonly scopes?: readonly string[] | null | undefined
}

export interface UpdateUserInput {
  readonly id: string
  readonly email?: string | null | undefined
  readonly name?: string | null | undefined
}

export interface SetUserScopesInput {
  readonly userId: string
  /** `null` lifts the ceiling; `undefined` is refused, so that leaving it out never does. */
  readonly scopes?: readonly string[] | null | undefined
}

export interface UserServiceOptions {
  readonly store: UserStore
  readonly catalogue: ScopeCatalogue
  /** The first is meant where a new user names none. */
  readonly issuers: readonly string[]
  /** What a new user is granted where nothing is asked; `null`: nothing. */
  readonly defaultScopes: readonly string[] | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The JWT that a caller presented; `null`: an API key. */
  readonly tokenOf?: (principal: Principal) => SignedOutToken | null
  /** Told which scopes of a caller a rule here went by, beside those that the operation declares. */
  readonly onScopesNeeded?: (principal: Principal, scopes: readonly string[]) => void
}

/** What a caller may do with users. Mutations on what is not there throw NotFoundError; queries answer `null`. */
export interface UserService {
  find(id: string): Promise<User | null>
  findMany(ids: readonly string[]): Promise<readonly (User | null)[]>
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>
  count(filter: UserFilter): Promise<number>
  /**
   * Without `read:users` a caller does not learn whether the user is there already, was suspended or was
   * deleted: nothing of a user that is there is changed, and the answer is that of a new one.
   */
  create(caller: Caller, input: CreateUserInput): Promise<User>
  update(caller: Caller, input: UpdateUserInput): Promise<User>
  suspend(caller: Caller, id: string, reason: string | null | undefined): Promise<User>
  reactivate(caller: Caller, id: string): Promise<User>
  /** @returns the id of the user that is no more */
  delete(caller: Caller, id: string): Promise<string>
  setScopes(caller: Caller, input: SetUserScopesInput): Promise<User>
  /**
   * Refuses the caller's JWTs that were issued up to now, and the one that it sent whenever that was
   * issued. Takes up to a second, so that a JWT issued right afterwards is honoured. @returns the moment
   * from which on
   */
  signOut(caller: Caller): Promise<Date>
}

export function createUserService(options: UserServiceOptions): UserService {
  const { store, catalogue, issuers, defaultScopes, now } = options
  const note = options.onScopesNeeded ?? (() => {})

  /** What a new user is granted, as far as it can be told without knowing who was there before. */
  function initialScopes(
    principal: Principal,
    asked: readonly string[] | null | undefined,
  ): (tombstone: Tombstone | undefined) => readonly string[] {
    const mayWiden = principal.scopes.has('write:grants')
    if (asked == null) {
      const scopes = defaultScopes ?? []
      return (tombstone) => (mayWiden ? scopes : withinTombstone(scopes, tombstone))
    }
    const scopes = requireDistinctScopes('scopes', asked)
    requireInCatalogue('scopes', scopes, catalogue)
    requireHeld(scopes, principal.scopes)
    note(principal, scopes)
    return (tombstone) => {
      if (mayWiden) {
        note(principal, ['write:grants'])
        return scopes
      }
      const within = withinTombstone(scopes, tombstone)
      // An error would tell that the user was there before, and what it was granted.
      if (mayRead(principal)) requireHeld(scopes, new Set(within))
      return within
    }
  }

  return {
    find: store.find,
    findMany: store.findMany,
    list: store.list,
    count: store.count,

    async create(caller, input) {
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
      const scopes = initialScopes(caller.principal, input.scopes)
      const wanted = { issuer, subject, email, name, scopes }
      const user = await store.insert(wanted, actorOf(caller))
      if (user !== 'duplicate') return user
      if (mayRead(caller.principal)) {
        throw new ConflictError(`There is already a user with subject ${subject} of that issuer.`)
      }
      // As if it were new: neither that the user was there nor that it is suspended is told.
      const known = await store.findByIdentity(issuer, subject)
      if (known !== null) return { ...known, status: 'ACTIVE' }
      const anew = await store.insert(wanted, actorOf(caller))
      if (anew !== 'duplicate') return anew
      throw new ConflictError('The user was changed by someone else meanwhile. Try again.')
    },

    async update(caller, input) {
      const change: UserChange = {
        ...(input.email !== undefined && { email: optionalEmail('email', input.email) }),
        ...(input.name !== undefined && { name: optionalText('name', input.name, userNameRule) }),
      }
      const unchanged = Object.keys(change).length === 0
      return present(
        unchanged
          ? await store.find(input.id)
          : await store.update(input.id, change, actorOf(caller)),
      )
    },

    async suspend(caller, id, reason) {
      const text = optionalText('reason', reason, reasonRule)
      return present(await store.setStatus(id, 'SUSPENDED', text, actorOf(caller)))
    },

    async reactivate(caller, id) {
      return present(await store.setStatus(id, 'ACTIVE', null, actorOf(caller)))
    },

    async delete(caller, id) {
      if (!(await store.delete(id, actorOf(caller)))) throw new NotFoundError('user')
      return id
    },

    async setScopes(caller, { userId, scopes: asked }) {
      if (asked === undefined) {
        throw new BadUserInputError(
          'scopes',
          '`scopes` was left out. Send a list, or null to lift the ceiling.',
        )
      }
      const { principal } = caller
      if (asked === null) {
        const all = [...catalogue.keys()]
        const lifted = await store.setScopes(userId, null, actorOf(caller), () => {
          requireHeld(all, principal.scopes)
          note(principal, all)
        })
        return present(lifted)
      }
      const scopes = requireDistinctScopes('scopes', asked)
      // Looked at when it is set: what someone else took away meanwhile would be added again.
      const set = await store.setScopes(userId, scopes, actorOf(caller), (before) => {
        const kept = new Set(withinGrant(scopes, { ours: before.scopes, issuers: null }))
        const added = scopes.filter((scope) => !kept.has(scope))
        // What is named as missing must not depend on a grant that the caller may not read.
        const permitted = added.every(
          (scope) => catalogue.has(scope) && principal.scopes.has(scope),
        )
        const judged = permitted || mayRead(principal) ? added : scopes
        requireInCatalogue('scopes', judged, catalogue)
        requireHeld(judged, principal.scopes)
        note(principal, added)
      })
      return present(set)
    },

    async signOut(caller) {
      const { userId } = caller.principal
      const asked = now()
      // `iat` counts whole seconds: what was issued in this one is refused, and what is issued after the
      // answer must not be, so the answer waits for the next.
      const second = Math.ceil(asked / 1000)
      const token = options.tokenOf?.(caller.principal) ?? null
      const later = token !== null && token.issuedAt >= second ? [token] : []
      const at = await store.signOut(userId, new Date(second * 1000), actorOf(caller), ...later)
      await setTimeout(second * 1000 - asked)
      if (at === null) throw new NotFoundError('user')
      return at
    },
  }
}

/** Whether a query would tell `principal` of other users. */
function mayRead({ scopes }: Principal): boolean {
  return scopes.has('read:users')
}

function withinTombstone(scopes: readonly string[], tombstone: Tombstone | undefined) {
  return tombstone === undefined
    ? scopes
    : withinGrant(scopes, { ours: tombstone.scopes, issuers: null })
}

function present(user: User | null): User {
  if (user === null) throw new NotFoundError('user')
  return user
}
