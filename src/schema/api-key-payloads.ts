import type { GraphQLResolveInfo } from 'graphql'
import type { ApiKey } from '../keys/api-key.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'
import { outcomeFields } from './payload-rules.ts'
import { selectedFields } from './selection.ts'

export type ApiKeyPayloads = ReturnType<typeof registerApiKeyPayloads>

export function registerApiKeyPayloads(builder: Builder, { ApiKeyRef }: ApiKeyTypes) {
  const issued = (name: string, mutation: string, description: string) =>
    builder.objectRef<{ apiKey: ApiKey; secret: string }>(name).implement({
      description: `The payload of \`${mutation}\`.`,
      fields: (t) => ({
        apiKey: t.expose('apiKey', { type: ApiKeyRef, description }),
        secret: t.exposeString('secret', {
          description:
            'The complete key, which a client sends as its credential. Only this payload contains it; it cannot be read again.',
        }),
      }),
    })
  const CreateApiKeyPayload = issued('CreateApiKeyPayload', 'createApiKey', 'The new key.')
  const RotateApiKeyPayload = issued('RotateApiKeyPayload', 'rotateApiKey', 'The rotated key.')
  const UpdateApiKeyPayload = builder
    .objectRef<{ apiKey: ApiKey }>('UpdateApiKeyPayload')
    .implement({
      description: 'The payload of `updateApiKey`.',
      fields: (t) => ({
        apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The key after the change.' }),
      }),
    })
  const ExpirePreviousSecretPayload = builder
    .objectRef<{ apiKey: ApiKey }>('ExpirePreviousSecretPayload')
    .implement({
      description: 'The payload of `expirePreviousSecret`.',
      fields: (t) => ({
        apiKey: t.expose('apiKey', {
          type: ApiKeyRef,
          description: 'The key. Only its current secret works now.',
        }),
      }),
    })
  const RevokeAllApiKeysPayload = builder
    .objectRef<{ revokedCount: number }>('RevokeAllApiKeysPayload')
    .implement({
      description: 'The payload of `revokeAllApiKeys`.',
      fields: (t) => ({
        revokedCount: t.exposeInt('revokedCount', {
          description:
            'The number of keys that this mutation revoked, including expired keys. Keys that were already revoked are not counted.',
        }),
      }),
    })
  const RevokeApiKeyPayload = builder
    .objectRef<{ apiKey: ApiKey; revokedDescendants: readonly ApiKey[]; effectiveBy: Date }>(
      'RevokeApiKeyPayload',
    )
    .implement({
      description: 'The payload of `revokeApiKey`.',
      fields: (t) => ({
        apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The revoked key.' }),
        revokedDescendants: t.field({
          type: [ApiKeyRef],
          extensions: costs.descendants,
          description:
            'The descendants that this mutation revoked with the key. Descendants that were already revoked are not listed.',
          resolve: ({ revokedDescendants }) => [...revokedDescendants],
        }),
        effectiveBy: t.expose('effectiveBy', {
          type: 'DateTime',
          description:
            'The latest time at which every node refuses the keys, even if nodes lose contact with the database. Normally this takes milliseconds.',
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

/** Whether the selection on the payload has more fields of a key than `outcomeFields`. */
export function discloses(info: GraphQLResolveInfo): boolean {
  return ['apiKey', 'revokedDescendants'].some((path) =>
    [...selectedFields(info, path)].some(
      (field) => field !== '__typename' && !outcomeFields.has(field),
    ),
  )
}
