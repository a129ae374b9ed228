import { apiKeyMutationDescriptions as descriptions } from './api-key-descriptions.ts'
import type { ApiKeyMutationInputs } from './api-key-inputs.ts'
import type { ApiKeyPayloads } from './api-key-payloads.ts'
import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { expiredSecretPayloadGuard, rotatedKeyPayloadGuard } from './payload-rules.ts'

/** Adds the mutations of the secrets of a key. */
export function registerApiKeySecretMutations(
  builder: Builder,
  inputs: ApiKeyMutationInputs,
  payloads: ApiKeyPayloads,
): void {
  builder.mutationFields((t) => ({
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
  }))
}
