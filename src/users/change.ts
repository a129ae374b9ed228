import type { Actor } from '../audit/actor.ts'
import { NotFoundError } from '../errors.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { UpdateUserInput } from './inputs.ts'
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

/** @returns the id of the deleted user */
export async function deleteUser(
  store: Pick<UserStore, 'delete'>,
  id: string,
  by: Actor,
): Promise<string> {
  if (!(await store.delete(id, by))) throw new NotFoundError('user')
  return id
}

export function present<T>(found: T | null): T {
  if (found === null) throw new NotFoundError('user')
  return found
}
