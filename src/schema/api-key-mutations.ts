import { apiKeyMutationDescriptions as descriptions } from './api-key-descriptions.ts'
import { type ApiKeyMutationInputs, registerApiKeyInputs } from './api-key-inputs.ts'
import { discloses, registerApiKeyPayloads } from './api-key-payloads.ts'
import { registerApiKeyRevocations } from './api-key-revocations.ts'
import { registerApiKeySecretMutations } from './api-key-secret-mutations.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { newKeyPayloadGuard, updatedKeyPayloadGuard } from './payload-rules.ts'

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
  }))
  registerApiKeySecretMutations(builder, inputs, payloads)
  registerApiKeyRevocations(builder, inputs, payloads)
  return inputs
}
