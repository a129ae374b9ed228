import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { userPayloadGuard } from './payload-rules.ts'
import type { UserTypes } from './user.ts'
import { registerUserInputs } from './user-inputs.ts'
import { registerUserPayloads } from './user-payloads.ts'

const withoutReadUsers =
  'Without `read:users` only `id` and `status` of another user may be selected.'

export function registerUserMutations(builder: Builder, types: UserTypes): void {
  const inputs = registerUserInputs(builder)
  const payloads = registerUserPayloads(builder, types)
  builder.mutationFields((t) => ({
    createUser: t.field({
      type: payloads.CreateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard(null),
      description: `Makes a user, also one that was deleted before. ${withoutReadUsers} A user that is there already is then answered like a new one, and stays as it is.`,
      args: { input: t.arg({ type: inputs.CreateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.create(callerOf(context), input),
      }),
    }),
    updateUser: t.field({
      type: payloads.UpdateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Changes a user's e-mail address or name. ${withoutReadUsers}`,
      args: { input: t.arg({ type: inputs.UpdateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.update(callerOf(context), input),
      }),
    }),
    suspendUser: t.field({
      type: payloads.SuspendUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Refuses every credential of a user until it is reactivated. ${withoutReadUsers}`,
      args: { input: t.arg({ type: inputs.SuspendUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.suspend(callerOf(context), input.id, input.reason),
      }),
    }),
    reactivateUser: t.field({
      type: payloads.ReactivateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Honours the credentials of a suspended user again; revoked keys stay revoked. ${withoutReadUsers}`,
      args: { input: t.arg({ type: inputs.ReactivateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.reactivate(callerOf(context), input.id),
      }),
    }),
    deleteUser: t.field({
      type: payloads.DeleteUserPayload,
      requiresScopes: 'write:users',
      description:
        'Removes a user with its keys. Its JWTs stay refused until someone creates the user anew.',
      args: { input: t.arg({ type: inputs.DeleteUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        deletedUserId: await context.services.users.delete(callerOf(context), input.id),
      }),
    }),
    setUserScopes: t.field({
      type: payloads.SetUserScopesPayload,
      requiresScopes: 'write:grants',
      extensions: userPayloadGuard('userId'),
      description: `Sets the ceiling over all of a user's credentials: taking a scope away narrows every key and token at once. ${withoutReadUsers}`,
      args: { input: t.arg({ type: inputs.SetUserScopesInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.setScopes(callerOf(context), input),
      }),
    }),
    signOutEverywhere: t.field({
      type: payloads.SignOutEverywherePayload,
      requiresScopes: 'write:keys',
      description:
        'Refuses your JWTs that were issued before now, this one included. API keys go on: see `revokeAllApiKeys`.',
      resolve: async (_root, _args, context) => ({
        at: await context.services.users.signOut(callerOf(context)),
      }),
    }),
  }))
}
