import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { userPayloadGuard } from './payload-rules.ts'
import type { UserMutationInputs } from './user-inputs.ts'
import { type UserPayloads, withoutReadUsers } from './user-payloads.ts'

/** Adds the mutations after which the server refuses credentials of a user, or accepts them again. */
export function registerUserStatusMutations(
  builder: Builder,
  inputs: UserMutationInputs,
  payloads: UserPayloads,
): void {
  builder.mutationFields((t) => ({
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
}
