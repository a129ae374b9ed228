import { keyStart } from '../credentials/key-form.ts'
import { type ApiKey, apiKeyStatus, previousSecret } from '../keys/api-key.ts'
import { registerApiKeyLineage } from './api-key-lineage.ts'
import { registerApiKeyScopes } from './api-key-scopes.ts'
import { registerApiKeyUse, unknownClient } from './api-key-use.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'
import type { OwnerType } from './owner-type.ts'

export type ApiKeyTypes = ReturnType<typeof registerApiKeyType>

export function registerApiKeyType(builder: Builder, owner: OwnerType | null) {
  const ApiKeyStatus = statusType(builder)
  const { KeyUseOriginRef, PreviousSecretRef, ScopeUseRef } = registerApiKeyUse(builder)
  const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey')
  ApiKeyRef.implement({
    description:
      'An API key: a credential that a user creates for a program. The server stores only a hash of its secret.\n\nIts basic fields are `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason`. A caller that may change a key may select these fields in the payload of the mutation.',
    fields: (t) => ({
      id: t.exposeID('id', {
        description:
          'The public id of the key: 16 characters, which are the second part of the complete key.',
      }),
      name: t.exposeString('name', { description: 'The name of the key.' }),
      description: t.exposeString('description', {
        nullable: true,
        description: 'The description of the key. Null if it has none.',
      }),
      metadata: t.expose('metadata', {
        type: 'JSONObject',
        extensions: costs.json,
        description: 'Data that the owner stored with the key. The server does not interpret it.',
      }),
      status: t.field({
        type: ApiKeyStatus,
        description: 'Whether the key is active, expired or revoked.',
        resolve: (key, _args, { services }) => apiKeyStatus(key, new Date(services.now())),
      }),
      start: t.string({
        description: 'Prefix and id, to recognize the key by; contains no secret.',
        resolve: (key, _args, { services }) => keyStart(services.keyPrefix, key.id),
      }),
      createdAt: t.expose('createdAt', {
        type: 'DateTime',
        description: 'The time at which the key was created.',
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The time at which the key expires. Null if it does not expire.',
      }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'The time at which the key was last used; may lag by up to 10 seconds. Null if it was never used.',
      }),
      lastUsedFrom: t.expose('lastUsedFrom', {
        type: KeyUseOriginRef,
        nullable: true,
        description: `The client that used the key at \`lastUsedAt\`, with either of its secrets. ${unknownClient}`,
      }),
      rotatedAt: t.expose('rotatedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The time of the last rotation. Null if the key was never rotated.',
      }),
      revokedAt: t.expose('revokedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The time at which the key was revoked. Null if it is not revoked.',
      }),
      revokedReason: t.exposeString('revokedReason', {
        nullable: true,
        description: 'The reason that was given for the revocation. Null if none was given.',
      }),
      previousSecret: t.field({
        type: PreviousSecretRef,
        nullable: true,
        description:
          'The secret that the last rotation replaced and that still works. Null outside a grace period, and if the key is not active.',
        resolve: (key, _args, { services }) => previousSecret(key, new Date(services.now())),
      }),
    }),
  })
  registerApiKeyLineage(builder, ApiKeyRef, owner)
  registerApiKeyScopes(builder, ApiKeyRef, ScopeUseRef)
  return { ApiKeyRef, ApiKeyStatus }
}

function statusType(builder: Builder) {
  return builder.enumType('ApiKeyStatus', {
    description: 'The status of an API key.',
    values: {
      ACTIVE: {
        description:
          'Neither the key nor one of its ancestors is revoked or has expired. The server accepts the key unless it refuses all credentials of its owner.',
      },
      EXPIRED: {
        description:
          'The key or one of its ancestors has expired, and the key is not revoked. The server refuses it.',
      },
      REVOKED: {
        description:
          'The key was revoked, directly or with an ancestor. The server refuses it permanently. A revoked key has this status even after its expiry.',
      },
    },
  })
}
