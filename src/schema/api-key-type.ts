import { keyStart } from '../credentials/key-form.ts'
import { NotFoundError } from '../errors.ts'
import { type ApiKey, apiKeyStatus, previousSecret } from '../keys/api-key.ts'
import { withinGrant } from '../principal.ts'
import { grantOf, type User } from '../users/user.ts'
import { registerApiKeyUse } from './api-key-use.ts'
import type { Builder } from './builder.ts'
import type { Context } from './context.ts'
import { costs } from './costs.ts'
import type { UserTypes } from './user.ts'

export type ApiKeyTypes = ReturnType<typeof registerApiKeyType>

export function registerApiKeyType(builder: Builder, { UserRef }: UserTypes) {
  const ApiKeyStatus = statusType(builder)
  const { PreviousSecretRef, ScopeUseRef } = registerApiKeyUse(builder)
  const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey')
  ApiKeyRef.implement({
    description: 'A credential of a user, for programs. Its secret is shown once and kept nowhere.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The second part of the key; public.' }),
      owner: t.field({ type: UserRef, resolve: (key, _args, context) => ownerOf(key, context) }),
      name: t.exposeString('name'),
      description: t.exposeString('description', { nullable: true }),
      scopes: t.stringList({
        description: 'As the key was given them.',
        resolve: (key) => [...key.scopes],
      }),
      effectiveScopes: t.stringList({
        description:
          "What the key is worth now: its scopes within its owner's grant and those of the keys it descends from.",
        resolve: async (key, _args, context) => [
          ...withinGrant(key.lineageScopes, grantOf(await ownerOf(key, context))),
        ],
      }),
      metadata: t.expose('metadata', { type: 'JSONObject', extensions: costs.json }),
      status: t.field({
        type: ApiKeyStatus,
        resolve: (key, _args, { services }) => apiKeyStatus(key, new Date(services.now())),
      }),
      start: t.string({
        description: 'What a person recognises the key by: its prefix and id.',
        resolve: (key, _args, { services }) => keyStart(services.keyPrefix, key.id),
      }),
      parent: t.field({
        type: ApiKeyRef,
        nullable: true,
        description:
          'The key that made it: it is never wider, never longer-lived, and gone with it.',
        resolve: (key, _args, { loaders }) =>
          key.parentId === null ? null : loaders.apiKey.load(key.parentId),
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'At most 10 seconds late.',
      }),
      rotatedAt: t.expose('rotatedAt', { type: 'DateTime', nullable: true }),
      revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
      revokedReason: t.exposeString('revokedReason', { nullable: true }),
      previousSecret: t.field({
        type: PreviousSecretRef,
        nullable: true,
        description:
          "The secret before the last rotation, while that rotation's grace period runs.",
        resolve: (key, _args, { services }) => previousSecret(key, new Date(services.now())),
      }),
      usedScopes: t.field({
        type: [ScopeUseRef],
        extensions: costs.usedScopes,
        description: 'Scopes that operations of the key really needed. At most 10 seconds late.',
        resolve: async (key, _args, { loaders }) => [...(await loaders.scopeUses.load(key.id))],
      }),
      unusedScopes: t.stringList({
        description:
          'Scopes of the key that no operation it ran has needed: it could do without them.',
        resolve: async (key, _args, { loaders }) => {
          const used = new Set((await loaders.scopeUses.load(key.id)).map(({ scope }) => scope))
          return key.scopes.filter((scope) => !used.has(scope))
        },
      }),
    }),
  })
  return { ApiKeyRef, ApiKeyStatus }
}

/** A key goes with its owner; only a deletion in the middle of this request leaves one without. */
async function ownerOf(key: ApiKey, { loaders }: Context): Promise<User> {
  const owner = await loaders.user.load(key.ownerId)
  if (owner === null) throw new NotFoundError('user')
  return owner
}

function statusType(builder: Builder) {
  return builder.enumType('ApiKeyStatus', {
    description: 'Whether a key is honoured.',
    values: {
      ACTIVE: { description: 'Honoured.' },
      EXPIRED: { description: 'Its time, or that of the key that made it, is over.' },
      REVOKED: { description: 'Refused for good.' },
    },
  })
}
