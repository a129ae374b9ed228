import type { GraphQLResolveInfo } from 'graphql'
import { registerApiKeyInputs } from './api-key-inputs.ts'
import { registerApiKeyPayloads } from './api-key-payloads.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import {
  expiredSecretPayloadGuard,
  newKeyPayloadGuard,
  outcomeFields,
  revokedCountPayloadGuard,
  revokedKeysPayloadGuard,
  rotatedKeyPayloadGuard,
  updatedKeyPayloadGuard,
} from './payload-rules.ts'
import { selectedFields } from './selection.ts'

const withoutReadKeys =
  'Without `read:keys` the payload tells only what became of the key: `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason`'

export function registerApiKeyMutations(builder: Builder, types: ApiKeyTypes): void {
  const inputs = registerApiKeyInputs(builder)
  const payloads = registerApiKeyPayloads(builder, types)
  builder.mutationFields((t) => ({
    createApiKey: t.field({
      type: payloads.CreateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: newKeyPayloadGuard,
      description:
        'Makes a key for yourself, of scopes that you hold. One made with a key is its child: never wider, never longer-lived, gone with it.',
      args: { input: t.arg({ type: inputs.CreateApiKeyInput, required: true }) },
      resolve: (_root, { input }, context) =>
        context.services.keys.create(callerOf(context), input),
    }),
    updateApiKey: t.field({
      type: payloads.UpdateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: updatedKeyPayloadGuard,
      description: `Changes what a key is called or narrows its scopes; narrowing another user's key needs \`manage:keys\`, and \`read:users\` to be answered more of it than its scopes and status. ${withoutReadKeys}, and what is set.`,
      args: { input: t.arg({ type: inputs.UpdateApiKeyInput, required: true }) },
      resolve: async (_root, { input }, context, info) => ({
        apiKey: await context.services.keys.update(callerOf(context), input, discloses(info)),
      }),
    }),
    rotateApiKey: t.field({
      type: payloads.RotateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: rotatedKeyPayloadGuard,
      description: `Gives a key a new secret, which works at once; the old one works until the grace period ends. ${withoutReadKeys}, and of the rotation.`,
      args: { input: t.arg({ type: inputs.RotateApiKeyInput, required: true }) },
      resolve: (_root, { input }, context) =>
        context.services.keys.rotate(callerOf(context), input),
    }),
    expirePreviousSecret: t.field({
      type: payloads.ExpirePreviousSecretPayload,
      requiresScopes: 'write:keys',
      extensions: expiredSecretPayloadGuard,
      description: `Ends a rotation's grace period now. \`previousSecret.lastUsedAt\` tells whether someone still uses the old secret. ${withoutReadKeys}, and of the rotation.`,
      args: { input: t.arg({ type: inputs.ExpirePreviousSecretInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        apiKey: await context.services.keys.expirePrevious(callerOf(context), input.id),
      }),
    }),
    revokeAllApiKeys: t.field({
      type: payloads.RevokeAllApiKeysPayload,
      requiresScopes: 'write:keys',
      extensions: revokedCountPayloadGuard,
      description:
        'Refuses every key of a user from now on, also the one that this is sent with. JWTs go on: see `signOutEverywhere`.',
      args: { input: t.arg({ type: inputs.RevokeAllApiKeysInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        revokedCount: await context.services.keys.revokeAll(callerOf(context), input),
      }),
    }),
    revokeApiKey: t.field({
      type: payloads.RevokeApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: revokedKeysPayloadGuard,
      description: `Refuses a key and every key it made from now on; another user's key needs \`manage:keys\`, and \`read:users\` to be answered more of it than its scopes and status. ${withoutReadKeys}.`,
      args: { input: t.arg({ type: inputs.RevokeApiKeyInput, required: true }) },
      resolve: async (_root, { input }, context, info) => {
        const { keys, now, maxStalenessMs } = context.services
        const { key, descendants } = await keys.revoke(callerOf(context), input, discloses(info))
        // The bound runs from the commit, which is past by now.
        const effectiveBy = new Date(now() + maxStalenessMs)
        return { apiKey: key, revokedDescendants: descendants, effectiveBy }
      },
    }),
  }))
}

/** Whether a payload will tell more of a key than what became of it. */
function discloses(info: GraphQLResolveInfo): boolean {
  return ['apiKey', 'revokedDescendants'].some((path) =>
    [...selectedFields(info, path)].some(
      (field) => field !== '__typename' && !outcomeFields.has(field),
    ),
  )
}
