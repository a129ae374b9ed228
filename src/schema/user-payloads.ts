import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import type { UserTypes } from './user.ts'

export type UserPayloads = ReturnType<typeof registerUserPayloads>

/** The end of the description of a mutation whose payload shows a user. */
export const withoutReadUsers =
  '\n\nWithout `read:users`, only `id` and `status` of another user may be selected.'

export function registerUserPayloads(builder: Builder, { UserRef }: UserTypes) {
  const payload = (name: string, mutation: string, description: string) =>
    builder.objectRef<{ user: User }>(name).implement({
      description: `The payload of \`${mutation}\`.`,
      fields: (t) => ({ user: t.expose('user', { type: UserRef, description }) }),
    })

  const CreateUserPayload = payload('CreateUserPayload', 'createUser', 'The new user.')
  const UpdateUserPayload = payload('UpdateUserPayload', 'updateUser', 'The user after the change.')
  const SuspendUserPayload = payload('SuspendUserPayload', 'suspendUser', 'The suspended user.')
  const ReactivateUserPayload = payload(
    'ReactivateUserPayload',
    'reactivateUser',
    'The reactivated user.',
  )
  const SetUserScopesPayload = payload(
    'SetUserScopesPayload',
    'setUserScopes',
    'The user with its new grant.',
  )
  const DeleteUserPayload = builder
    .objectRef<{ deletedUserId: string }>('DeleteUserPayload')
    .implement({
      description: 'The payload of `deleteUser`.',
      fields: (t) => ({
        deletedUserId: t.exposeID('deletedUserId', { description: 'The id of the deleted user.' }),
      }),
    })

  const SignOutEverywherePayload = builder
    .objectRef<{ at: Date }>('SignOutEverywherePayload')
    .implement({
      description: 'The payload of `signOutEverywhere`.',
      fields: (t) => ({
        at: t.expose('at', {
          type: 'DateTime',
          description:
            "The server refuses the JWTs of the caller's user with an `iat` before this time. It refuses the JWT that sent the mutation whatever its `iat`.",
        }),
      }),
    })
  return {
    CreateUserPayload,
    UpdateUserPayload,
    SuspendUserPayload,
    ReactivateUserPayload,
    SetUserScopesPayload,
    DeleteUserPayload,
    SignOutEverywherePayload,
  }
}
