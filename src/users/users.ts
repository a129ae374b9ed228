import { actorOf, type Caller } from '../audit/caller.ts'
import { NotFoundError } from '../errors.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Principal } from '../principal.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import { createUser } from './create.ts'
import type { CreateUserInput, SetUserScopesInput, UpdateUserInput } from './inputs.ts'
import { optionalEmail, userNameRule } from './rules.ts'
import { setUserScopes } from './set-scopes.ts'
import { signOut } from './sign-out.ts'
import type { SignedOutToken, UserChange, UserFilter, UserStore } from './store.ts'
import type { User } from './user.ts'

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
  /** Answers the user that is there already, unchanged, to a caller without `read:users`. */
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
  const { store } = options
  const parts = { ...options, onScopesNeeded: options.onScopesNeeded ?? (() => {}) }
  return {
    find: store.find,
    findMany: store.findMany,
    list: store.list,
    count: store.count,

    create: (caller, input) => createUser(parts, caller, input),

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

    async setScopes(caller, input) {
      return present(await setUserScopes(parts, caller, input))
    },

    async signOut(caller) {
      return present(await signOut(parts, caller))
    },
  }
}

function present<T>(found: T | null): T {
  if (found === null) throw new NotFoundError('user')
  return found
}
