import type { ApiKey } from '../keys/api-key.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'

export function registerApiKeyPayloads(builder: Builder, { ApiKeyRef }: ApiKeyTypes) {
  const issued = (name: string, description: string) =>
    builder.objectRef<{ apiKey: ApiKey; secret: string }>(name).implement({
      description,
      fields: (t) => ({
        apiKey: t.expose('apiKey', { type: ApiKeyRef }),
        secret: t.exposeString('secret', {
          description: 'The whole key. Shown this once; no one can read it again.',
        }),
      }),
    })
  const CreateApiKeyPayload = issued('CreateApiKeyPayload', 'The new key.')
  const RotateApiKeyPayload = issued('RotateApiKeyPayload', 'The key with its new secret.')
  const UpdateApiKeyPayload = builder
    .objectRef<{ apiKey: ApiKey }>('UpdateApiKeyPayload')
    .implement({
      description: 'The key as it is now.',
      fields: (t) => ({ apiKey: t.expose('apiKey', { type: ApiKeyRef }) }),
    })
  const ExpirePreviousSecretPayload = builder
    .objectRef<{ apiKey: ApiKey }>('ExpirePreviousSecretPayload')
    .implement({
      description: 'The key, of which only the new secret works.',
      fields: (t) => ({ apiKey: t.expose('apiKey', { type: ApiKeyRef }) }),
    })
  const RevokeAllApiKeysPayload = builder
    .objectRef<{ revokedCount: number }>('RevokeAllApiKeysPayload')
    .implement({
      description: 'What was revoked.',
      fields: (t) => ({
        revokedCount: t.exposeInt('revokedCount', {
          description: 'Keys that were not revoked before, expired ones among them.',
        }),
      }),
    })
  const RevokeApiKeyPayload = builder
    .objectRef<{ apiKey: ApiKey; revokedDescendants: readonly ApiKey[]; effectiveBy: Date }>(
      'RevokeApiKeyPayload',
    )
    .implement({
      description: 'What was revoked.',
      fields: (t) => ({
        apiKey: t.expose('apiKey', { type: ApiKeyRef }),
        revokedDescendants: t.field({
          type: [ApiKeyRef],
          extensions: costs.descendants,
          description: 'Keys that it made, directly or through others, and that went with it.',
          resolve: ({ revokedDescendants }) => [...revokedDescendants],
        }),
        effectiveBy: t.expose('effectiveBy', {
          type: 'DateTime',
          description:
            'From then on every node refuses them, whatever fails; as a rule within milliseconds.',
        }),
      }),
    })
  return {
    CreateApiKeyPayload,
    RotateApiKeyPayload,
    UpdateApiKeyPayload,
    ExpirePreviousSecretPayload,
    RevokeAllApiKeysPayload,
    RevokeApiKeyPayload,
  }
}
