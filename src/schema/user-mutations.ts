import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { userPayloadGuard } from './payload-rules.ts'
import type { UserTypes } from './user.ts'
import { registerUserInputs } from './user-inputs.ts'
import { registerUserPayloads } from './user-payloads.ts'

const withoutReadUsers =
  '\n\nWithout `read:users`, only `id` and `status` of another user may be selected.'

export function registerUserMutations(builder: Builder, types: UserTypes): void {
  const inputs = registerUserInputs(builder)
  const payloads = registerUserPayloads(builder, types)
  builder.mutationFields((t) => ({
    createUser: t.field({
      type: payloads.CreateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard(null),
      description: `Creates a user, or creates a deleted user again.\n\n\`FORBIDDEN\`: the caller lacks a scope of the new grant. \`CONFLICT\`: the user exists. A caller without \`read:users\` gets the existing user instead of this error: the user stays unchanged, and the payload shows it with status \`ACTIVE\`, as if it were new.${withoutReadUsers}`,
      args: {
        input: t.arg({
          type: inputs.CreateUserInput,
          required: true,
          description: 'The properties of the new user.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.create(callerOf(context), input),
      }),
    }),
    updateUser: t.field({
      type: payloads.UpdateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Changes the e-mail address or the name of a user.${withoutReadUsers}`,
      args: {
        input: t.arg({
          type: inputs.UpdateUserInput,
          required: true,
          description: 'The user and the changes to it.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.update(callerOf(context), input),
      }),
    }),
    suspendUser: t.field({
      type: payloads.SuspendUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Suspends a user: the server refuses all credentials of the user until \`reactivateUser\` ends the suspension.${withoutReadUsers}`,
      args: {
        input: t.arg({
          type: inputs.SuspendUserInput,
          required: true,
          description: 'The user and the reason.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.suspend(callerOf(context), input.id, input.reason),
      }),
    }),
    reactivateUser: t.field({
      type: payloads.ReactivateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard('id'),
      description: `Ends the suspension of a user: the server accepts its credentials again, except keys that are revoked or have expired.${withoutReadUsers}`,
      args: {
        input: t.arg({
          type: inputs.ReactivateUserInput,
          required: true,
          description: 'The user to reactivate.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.reactivate(callerOf(context), input.id),
      }),
    }),
    deleteUser: t.field({
      type: payloads.DeleteUserPayload,
      requiresScopes: 'write:users',
      description:
        'Deletes a user and its API keys. The server refuses the JWTs of the user until `createUser` creates a user with the same issuer and subject.',
      args: {
        input: t.arg({
          type: inputs.DeleteUserInput,
          required: true,
          description: 'The user to delete.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        deletedUserId: await context.services.users.delete(callerOf(context), input.id),
      }),
    }),
    setUserScopes: t.field({
      type: payloads.SetUserScopesPayload,
      requiresScopes: 'write:grants',
      extensions: userPayloadGuard('userId'),
      description: `Sets the grant of a user: the ceiling on the scopes of all its credentials. Existing API keys and JWTs lose at once each scope that the new grant lacks.\n\n\`FORBIDDEN\`: the caller lacks a scope that the new grant adds. Removing the ceiling requires all scopes of the server.${withoutReadUsers}`,
      args: {
        input: t.arg({
          type: inputs.SetUserScopesInput,
          required: true,
          description: 'The user and its new grant.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.setScopes(callerOf(context), input),
      }),
    }),
    signOutEverywhere: t.field({
      type: payloads.SignOutEverywherePayload,
      requiresScopes: 'write:keys',
      description:
        'Refuses the JWTs of the caller that were issued up to now, including the JWT that sends this mutation. API keys stay valid; `revokeAllApiKeys` revokes those. The response takes up to a second, so that a JWT that is issued after it works.',
      resolve: async (_root, _args, context) => ({
        at: await context.services.users.signOut(callerOf(context)),
      }),
    }),
  }))
}
