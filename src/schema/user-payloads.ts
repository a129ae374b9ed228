import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import type { UserTypes } from './user.ts'

export function registerUserPayloads(builder: Builder, { UserRef }: UserTypes) {
  const payload = (name: string, description: string) =>
    builder.objectRef<{ user: User }>(name).implement({
      description,
      fields: (t) => ({ user: t.expose('user', { type: UserRef }) }),
    })

  const CreateUserPayload = payload('CreateUserPayload', 'The new user.')
  const UpdateUserPayload = payload('UpdateUserPayload', 'The user as it is now.')
  const SuspendUserPayload = payload('SuspendUserPayload', 'The user, suspended.')
  const ReactivateUserPayload = payload('ReactivateUserPayload', 'The user, active again.')
  const SetUserScopesPayload = payload('SetUserScopesPayload', 'The user with its new grant.')
  const DeleteUserPayload = builder
    .objectRef<{ deletedUserId: string }>('DeleteUserPayload')
    .implement({
      description: 'What is no more.',
      fields: (t) => ({ deletedUserId: t.exposeID('deletedUserId') }),
    })

  const SignOutEverywherePayload = builder
    .objectRef<{ at: Date }>('SignOutEverywherePayload')
    .implement({
      description: 'Done.',
      fields: (t) => ({
        at: t.expose('at', {
          type: 'DateTime',
          description:
            'JWTs that were issued before this moment are refused, and so is the one that sent this mutation.',
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
