import type { Actor } from '../audit/actor.ts'
import { ConflictError, NotFoundError } from '../errors.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { DeleteUserInput, UpdateUserInput } from './inputs.ts'
import { optionalEmail, userNameRule } from './rules.ts'
import type { UserChange, UserStore } from './store.ts'
import type { User } from './user.ts'

/*
 * The changes that are the same for every caller who may change users. Each throws NotFoundError if the user
 * does not exist.
 */

/** @throws BadUserInputError */
export async function updateUser(
  store: Pick<UserStore, 'find' | 'update'>,
  input: UpdateUserInput,
  by: Actor,
): Promise<User> {
  const change: UserChange = {
    ...(input.email !== undefined && { email: optionalEmail('email', input.email) }),
    ...(input.name !== undefined && { name: optionalText('name', input.name, userNameRule) }),
  }
  const unchanged = Object.keys(change).length === 0
  return present(unchanged ? await store.find(input.id) : await store.update(input.id, change, by))
}

/** @throws BadUserInputError */
export async function suspendUser(
  store: Pick<UserStore, 'setStatus'>,
  id: string,
  reason: string | null | undefined,
  by: Actor,
): Promise<User> {
  const text = optionalText('reason', reason, reasonRule)
  return present(await store.setStatus(id, 'SUSPENDED', text, by))
}

export async function reactivateUser(
  store: Pick<UserStore, 'setStatus'>,
  id: string,
  by: Actor,
): Promise<User> {
  return present(await store.setStatus(id, 'ACTIVE', null, by))
}

export interface DeleteUserOptions {
  readonly store: Pick<UserStore, 'delete'>
  readonly now: Date
  /** Whether the caller may know the number of the user's API keys. */
  readonly mayCountKeys: boolean
  /** The option that forces the deletion, for the message. Default: the field of the input. */
  readonly forceOption?: string
  readonly by: Actor
}

/** @returns the id of the deleted user @throws ConflictError if it has active API keys, without `force` */
export async function deleteUser(
  { store, now, mayCountKeys, forceOption = '`force: true`', by }: DeleteUserOptions,
  { id, force }: DeleteUserInput,
): Promise<string> {
  const deleted = await store.delete(id, by, (keys) => {
    const { length } = keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    if (length === 0 || force === true) return
    const number = mayCountKeys ? `${length} ` : ''
    const them = mayCountKeys && length === 1 ? 'active API key. It' : 'active API keys. They'
    throw new ConflictError(
      `The user has ${number}${them} would stop working. Use ${forceOption} to delete the user nevertheless.`,
    )
  })
  if (!deleted) throw new NotFoundError('user')
  return id
}

export function present<T>(found: T | null): T {
  if (found === null) throw new NotFoundError('user')
  return found
}
