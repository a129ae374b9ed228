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
  /** The trusted issuers. The first is the default for new users. */
  readonly issuers: readonly string[]
  /** The default grant of a new user; `null`: no scopes. */
  readonly defaultScopes: readonly string[] | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The JWT that a caller presented; `null` for an API key. */
  readonly tokenOf?: (principal: Principal) => SignedOutToken | null
  /**
   * Called with scopes of the caller that a rule of this service required, beside those that the operation
   * declares.
   */
  readonly onScopesNeeded?: (principal: Principal, scopes: readonly string[]) => void
}

/**
 * The operations of a caller on users. If the user does not exist, mutations throw NotFoundError and
 * queries return `null`.
 */
export interface UserService {
  find(id: string): Promise<User | null>
  findMany(ids: readonly string[]): Promise<readonly (User | null)[]>
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>
  count(filter: UserFilter): Promise<number>
  /** Returns an existing user unchanged to a caller without `read:users`. */
  create(caller: Caller, input: CreateUserInput): Promise<User>
  update(caller: Caller, input: UpdateUserInput): Promise<User>
  suspend(caller: Caller, id: string, reason: string | null | undefined): Promise<User>
  reactivate(caller: Caller, id: string): Promise<User>
  /** @returns the id of the deleted user */
  delete(caller: Caller, id: string): Promise<string>
  setScopes(caller: Caller, input: SetUserScopesInput): Promise<User>
  /**
   * Refuses the caller's JWTs that were issued until now, and the JWT that it sent whatever its `iat`. Takes
   * up to a second, so that a JWT that is issued right afterwards is accepted.
   *
   * @returns the time before which JWTs are refused
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
