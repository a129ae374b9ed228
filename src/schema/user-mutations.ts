import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { userPayloadGuard } from './payload-rules.ts'
import type { UserTypes } from './user.ts'
import { registerUserInputs, type UserMutationInputs } from './user-inputs.ts'
import { registerUserPayloads, withoutReadUsers } from './user-payloads.ts'
import { registerUserStatusMutations } from './user-status-mutations.ts'

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
  }))
  registerUserStatusMutations(builder, inputs, payloads)
  return inputs
}
