import type { Actor } from '../audit/actor.ts'
import { requireDistinctScopes, requireInCatalogue } from '../scope-rules.ts'
import { deleteUser, present, reactivateUser, suspendUser, updateUser } from './change.ts'
import { type CreateUserOptions, createUserAsOperator } from './create.ts'
import type {
  CreateUserInput,
  DeleteUserInput,
  SetUserScopesInput,
  UpdateUserInput,
} from './inputs.ts'
import { requireStatedGrant } from './rules.ts'
import type { UserStore } from './store.ts'
import type { User } from './user.ts'

/** The changes of an operator to users, without the checks of a caller's scopes. */
export interface OperatorUserService {
  create(input: CreateUserInput): Promise<User>
  update(input: UpdateUserInput): Promise<User>
  suspend(id: string, reason: string | null | undefined): Promise<User>
  reactivate(id: string): Promise<User>
  /** @returns the id of the deleted user */
  delete(input: DeleteUserInput): Promise<string>
  setScopes(input: SetUserScopesInput): Promise<User>
}

export interface OperatorUsersOptions extends Omit<CreateUserOptions, 'store' | 'onScopesNeeded'> {
  readonly store: UserStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export function createOperatorUsers(options: OperatorUsersOptions, by: Actor): OperatorUserService {
  const { store, catalogue, now } = options
  return {
    create: (input) => createUserAsOperator(options, input, by),
    update: (input) => updateUser(store, input, by),
    suspend: (id, reason) => suspendUser(store, id, reason, by),
    reactivate: (id) => reactivateUser(store, id, by),
    delete: (input) => deleteUser({ store, now: new Date(now()), mayCountKeys: true, by }, input),

    async setScopes({ userId, scopes: requested }) {
      const stated = requireStatedGrant(requested)
      const scopes = stated && requireDistinctScopes('scopes', stated)
      requireInCatalogue('scopes', scopes ?? [], catalogue)
      return present(await store.setScopes(userId, scopes, by))
    },
  }
}
