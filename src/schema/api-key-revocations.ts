import { apiKeyMutationDescriptions as descriptions } from './api-key-descriptions.ts'
import type { ApiKeyMutationInputs } from './api-key-inputs.ts'
import { type ApiKeyPayloads, discloses } from './api-key-payloads.ts'
import type { Builder } from './builder.ts'
import { callerOf } from './context.ts'
import { revokedCountPayloadGuard, revokedKeysPayloadGuard } from './payload-rules.ts'

/** Adds the mutations that revoke keys. */
export function registerApiKeyRevocations(
  builder: Builder,
  inputs: ApiKeyMutationInputs,
  payloads: ApiKeyPayloads,
): void {
  builder.mutationFields((t) => ({
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
}
