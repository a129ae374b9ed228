import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { userPayloadGuard } from './payload-rules.ts'
import type { UserTypes } from './user.ts'
import { registerUserInputs } from './user-inputs.ts'
import { registerUserPayloads } from './user-payloads.ts'

const withoutReadUsers =
  '\n\nWithout `read:users`, only `id` and `status` of another user may be selected.'

export type UserMutationInputs = ReturnType<typeof registerUserInputs>

export function registerUserMutations(builder: Builder, types: UserTypes): UserMutationInputs {
  const inputs = registerUserInputs(builder)
  const payloads = registerUserPayloads(builder, types)
  builder.mutationFields((t) => ({
    createUser: t.field({
      type: payloads.CreateUserPayload,
      requiresScopes: 'write:users',
      extensions: userPayloadGuard(null),
      description: `Creates a user before its first JWT arrives, or creates a deleted user again, with a new id.\n\n\`FORBIDDEN\`: the caller lacks a scope of the new grant. \`CONFLICT\`: the user exists. A caller without \`read:users\` does not get this error, so that nobody can probe for users. The existing user then stays unchanged, and the payload shows it with status \`ACTIVE\`, as if it were new.${withoutReadUsers}`,
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
      description: `Changes the e-mail address or the name of a user. An input field that is omitted changes nothing.${withoutReadUsers}`,
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
      description: `Suspends a user: the server refuses all credentials of the user until \`reactivateUser\` ends the suspension. If the user is already suspended, nothing changes, and the reason is not recorded.${withoutReadUsers}`,
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
      description: `Ends the suspension of a user: the server accepts its credentials again, except those that were revoked or signed out or have expired. If the user is not suspended, nothing changes.${withoutReadUsers}`,
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
        'Deletes a user and all its API keys. Mutations of the user or the keys then fail with `NOT_FOUND`, and queries return null. The audit trail keeps its events.\n\nThe server also keeps the issuer, the subject and the grant of the user. It refuses the JWTs of the user until `createUser` creates a user with the same issuer and subject, which does not restore the keys.\n\n`CONFLICT`: the user has active API keys, and `force` is not true. `consequences` lists them.',
      args: {
        input: t.arg({
          type: inputs.DeleteUserInput,
          required: true,
          description: 'The user to delete.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        deletedUserId: await context.services.users.delete(callerOf(context), input),
      }),
    }),
    setUserScopes: t.field({
      type: payloads.SetUserScopesPayload,
      requiresScopes: 'write:grants',
      extensions: userPayloadGuard('userId'),
      description: `Sets the grant of a user: the ceiling on the scopes of all its credentials. A scope that the new grant lacks is no longer an effective scope of any existing API key or JWT of the user. All nodes apply this within the staleness bound (\`MAX_STALENESS_MS\`), normally within milliseconds. A later grant with the scope restores it.\n\n\`FORBIDDEN\`: the caller lacks a scope that the new grant adds; to remove the ceiling, it needs all scopes of the server. \`BAD_USER_INPUT\`: the new grant adds a scope that the server does not know.${withoutReadUsers}`,
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
        "Refuses the JWTs of the caller's user that were issued up to now, including the JWT that sends this mutation. API keys stay valid; `revokeAllApiKeys` revokes those.\n\nThe server delays the response by up to one second, so that every JWT issued after the response is accepted (`iat` has a resolution of one second).",
      resolve: async (_root, _args, context) => ({
        at: await context.services.users.signOut(callerOf(context)),
      }),
    }),
  }))
  return inputs
}
