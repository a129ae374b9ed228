import type { GraphQLResolveInfo } from 'graphql'
import { apiKeyMutationDescriptions as descriptions } from './api-key-descriptions.ts'
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

export type ApiKeyMutationInputs = ReturnType<typeof registerApiKeyInputs>

export function registerApiKeyMutations(
  builder: Builder,
  types: ApiKeyTypes,
): ApiKeyMutationInputs {
  const inputs = registerApiKeyInputs(builder)
  const payloads = registerApiKeyPayloads(builder, types)
  builder.mutationFields((t) => ({
    createApiKey: t.field({
      type: payloads.CreateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: newKeyPayloadGuard,
      description: descriptions.createApiKey,
      args: {
        input: t.arg({
          type: inputs.CreateApiKeyInput,
          required: true,
          description: 'The properties of the new key.',
        }),
      },
      resolve: (_root, { input }, context) =>
        context.services.keys.create(callerOf(context), input),
    }),
    updateApiKey: t.field({
      type: payloads.UpdateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: updatedKeyPayloadGuard,
      description: descriptions.updateApiKey,
      args: {
        input: t.arg({
          type: inputs.UpdateApiKeyInput,
          required: true,
          description: 'The key and the changes to it.',
        }),
      },
      resolve: async (_root, { input }, context, info) => ({
        apiKey: await context.services.keys.update(callerOf(context), input, discloses(info)),
      }),
    }),
    rotateApiKey: t.field({
      type: payloads.RotateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: rotatedKeyPayloadGuard,
      description: descriptions.rotateApiKey,
      args: {
        input: t.arg({
          type: inputs.RotateApiKeyInput,
          required: true,
          description: 'The key and the grace period of its previous secret.',
        }),
      },
      resolve: (_root, { input }, context) =>
        context.services.keys.rotate(callerOf(context), input),
    }),
    expirePreviousSecret: t.field({
      type: payloads.ExpirePreviousSecretPayload,
      requiresScopes: 'write:keys',
      extensions: expiredSecretPayloadGuard,
      description: descriptions.expirePreviousSecret,
      args: {
        input: t.arg({
          type: inputs.ExpirePreviousSecretInput,
          required: true,
          description: 'The key whose previous secret expires.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        apiKey: await context.services.keys.expirePrevious(callerOf(context), input.id),
      }),
    }),
    revokeAllApiKeys: t.field({
      type: payloads.RevokeAllApiKeysPayload,
      requiresScopes: 'write:keys',
      extensions: revokedCountPayloadGuard,
      description: descriptions.revokeAllApiKeys,
      args: {
        input: t.arg({
          type: inputs.RevokeAllApiKeysInput,
          required: true,
          description: 'The owner of the keys and the reason.',
        }),
      },
      resolve: async (_root, { input }, context) => ({
        revokedCount: await context.services.keys.revokeAll(callerOf(context), input),
      }),
    }),
    revokeApiKey: t.field({
      type: payloads.RevokeApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: revokedKeysPayloadGuard,
      description: descriptions.revokeApiKey,
      args: {
        input: t.arg({
          type: inputs.RevokeApiKeyInput,
          required: true,
          description: 'The key and the reason.',
        }),
      },
      resolve: async (_root, { input }, context, info) => {
        const { keys, now, maxStalenessMs } = context.services
        const { key, descendants } = await keys.revoke(callerOf(context), input, discloses(info))
        // The staleness bound starts at the commit, which has happened by now.
        const effectiveBy = new Date(now() + maxStalenessMs)
        return { apiKey: key, revokedDescendants: descendants, effectiveBy }
      },
    }),
  }))
  return inputs
}

/** Whether the selection on the payload has more fields of a key than `outcomeFields`. */
function discloses(info: GraphQLResolveInfo): boolean {
  return ['apiKey', 'revokedDescendants'].some((path) =>
    [...selectedFields(info, path)].some(
      (field) => field !== '__typename' && !outcomeFields.has(field),
    ),
  )
}
