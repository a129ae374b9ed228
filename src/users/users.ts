import { operator } from '../audit/actor.ts'
import { actorOf, type Caller } from '../audit/caller.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Principal } from '../principal.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { deleteUser, present, reactivateUser, suspendUser, updateUser } from './change.ts'
import { createUser } from './create.ts'
import type {
  CreateUserInput,
  DeleteUserInput,
  SetUserScopesInput,
  UpdateUserInput,
} from './inputs.ts'
import { createOperatorUsers, type OperatorUserService } from './operator.ts'
import { checkedFilter, mayListKeys, trustedIssuer } from './rules.ts'
import { setUserScopes } from './set-scopes.ts'
import { signOut } from './sign-out.ts'
import type { SignedOutToken, UserFilter, UserStore } from './store.ts'
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
  /**
   * @param issuer default: the first trusted issuer
   * @throws BadUserInputError if the issuer is not trusted
   */
  findBySubject(subject: string, issuer?: string | null): Promise<User | null>
  findMany(ids: readonly string[]): Promise<readonly (User | null)[]>
  /** @throws BadUserInputError if the text to search for is too long */
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>
  count(filter: UserFilter): Promise<number>
  /** Returns an existing user unchanged to a caller without `read:users`. */
  create(caller: Caller, input: CreateUserInput): Promise<User>
  update(caller: Caller, input: UpdateUserInput): Promise<User>
  suspend(caller: Caller, id: string, reason: string | null | undefined): Promise<User>
  reactivate(caller: Caller, id: string): Promise<User>
  /** @returns the id of the deleted user */
  delete(caller: Caller, input: DeleteUserInput): Promise<string>
  setScopes(caller: Caller, input: SetUserScopesInput): Promise<User>
  /**
   * Refuses the caller's JWTs that were issued until now, and the JWT that it sent whatever its `iat`. Takes
   * up to a second, so that a JWT that is issued right afterwards is accepted.
   *
   * @returns the time before which JWTs are refused
   */
  signOut(caller: Caller): Promise<Date>
  /** The changes of an operator. @param requestId for the audit trail. Default: none */
  asOperator(requestId?: string | null): OperatorUserService
}

export function createUserService(options: UserServiceOptions): UserService {
  const { store } = options
  const parts = { ...options, onScopesNeeded: options.onScopesNeeded ?? (() => {}) }
  return {
    find: store.find,
    findMany: store.findMany,
    async findBySubject(subject, issuer) {
      return store.findByIdentity(trustedIssuer(options.issuers, issuer), subject)
    },
    async list(filter, page) {
      return store.list(checkedFilter(filter), page)
    },
    async count(filter) {
      return store.count(checkedFilter(filter))
    },

    create: (caller, input) => createUser(parts, caller, input),

    update: (caller, input) => updateUser(store, input, actorOf(caller)),
    suspend: (caller, id, reason) => suspendUser(store, id, reason, actorOf(caller)),
    reactivate: (caller, id) => reactivateUser(store, id, actorOf(caller)),
    delete: (caller, input) =>
      deleteUser(
        {
          store,
          now: new Date(options.now()),
          mayCountKeys: mayListKeys(caller.principal, input.id),
          by: actorOf(caller),
        },
        input,
      ),

    async setScopes(caller, input) {
      return present(await setUserScopes(parts, caller, input))
    },

    async signOut(caller) {
      return present(await signOut(parts, caller))
    },

    asOperator: (requestId = null) => createOperatorUsers(parts, { ...operator, requestId }),
  }
}
