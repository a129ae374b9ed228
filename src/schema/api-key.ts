import type { GraphQLResolveInfo } from 'graphql'
import { keyStart } from '../credentials/key-form.ts'
import { NotFoundError } from '../errors.ts'
import { type ApiKey, apiKeyStatus, previousSecret } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import { withinGrant } from '../principal.ts'
import { grantOf, type User } from '../users/user.ts'
import { registerApiKeyUse } from './api-key-use.ts'
import type { Builder } from './builder.ts'
import { type Context, callerOf, principalOf } from './context.ts'
import { costs } from './costs.ts'
import { connection, emptyConnection, pageRequest } from './pages.ts'
import {
  outcomeOfKey,
  tellsCountOfKeys,
  tellsOfExpiredSecret,
  tellsOfNewKey,
  tellsOfRevokedKeys,
  tellsOfRotatedKey,
  tellsOfUpdatedKey,
} from './payload-rules.ts'
import { selectedFields } from './selection.ts'
import type { UserTypes } from './user.ts'

const moreOfKey =
  'Without `read:keys` the payload tells only what became of the key: `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason`'

export function registerApiKeys(builder: Builder, { UserRef }: UserTypes) {
  const ApiKeyStatus = builder.enumType('ApiKeyStatus', {
    description: 'Whether a key is honoured.',
    values: {
      ACTIVE: { description: 'Honoured.' },
      EXPIRED: { description: 'Its time, or that of the key that made it, is over.' },
      REVOKED: { description: 'Refused for good.' },
    },
  })

  const { PreviousSecretRef, ScopeUseRef } = registerApiKeyUse(builder)
  const ApiKeyRef = apiKeyRef(builder)
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

  const ApiKeyConnection = builder.connectionObject(
    {
      type: ApiKeyRef,
      name: 'ApiKeyConnection',
    },
    { name: 'ApiKeyEdge' },
  )

  builder.queryFields((t) => ({
    apiKey: t.field({
      type: ApiKeyRef,
      nullable: true,
      requiresScopes: 'read:keys',
      description:
        "One API key, or null: one of your own, or anyone's with `manage:keys` and `read:users`.",
      args: { id: t.arg.id({ required: true }) },
      resolve: (_root, { id }, context) => context.services.keys.read(principalOf(context), id),
    }),
    apiKeys: t.connection(
      {
        type: ApiKeyRef,
        requiresScopes: 'read:keys',
        description: 'API keys of one user, newest first.',
        args: {
          status: t.arg({ type: ApiKeyStatus }),
          ownerId: t.arg.id({
            description:
              'Left out, your own. Another user needs `manage:keys` and `read:users`; without them the list is empty.',
          }),
        },
        resolve: async (_root, { status, ownerId, ...args }, context) => {
          const { keys } = context.services
          const request = pageRequest(args, isKeyId)
          const filter = keys.filter(principalOf(context), {
            ownerId: ownerId ?? null,
            status: status ?? null,
          })
          if (filter === null) return emptyConnection<ApiKey>()
          const page = await context.turns.take(() => keys.list(filter, request))
          return connection(
            page,
            request,
            (key) => key.createdAt,
            () => keys.count(filter),
          )
        },
      },
      ApiKeyConnection,
    ),
  }))

  registerMutations(builder, ApiKeyRef)
}

function registerMutations(builder: Builder, ApiKeyRef: ReturnType<typeof apiKeyRef>) {
  const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
    fields: (t) => ({
      name: t.string({ required: true, description: 'At most 100 characters.' }),
      scopes: t.stringList({
        required: true,
        description: 'At least one, each one that you hold.',
      }),
      description: t.string({ description: 'At most 500 characters.' }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'Left out: never, or with the key that makes it.',
      }),
      metadata: t.field({
        type: 'JSONObject',
        description: 'At most 4096 bytes as JSON, nested at most 8 deep.',
      }),
    }),
  })
  const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      name: t.string(),
      description: t.string(),
      metadata: t.field({ type: 'JSONObject', description: 'Replaces what was there.' }),
      scopes: t.stringList({ description: 'What the key keeps of its scopes: they only narrow.' }),
    }),
  })
  const RotateApiKeyInput = builder.inputType('RotateApiKeyInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      gracePeriodSeconds: t.int({
        description: 'How long the old secret goes on working: 0 to 2592000, by default 86400.',
      }),
      force: t.boolean({
        description: 'Rotate though the grace period of the last rotation still runs, ending it.',
      }),
    }),
  })
  const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
    fields: (t) => ({ id: t.id({ required: true }), reason: t.string() }),
  })
  const ExpirePreviousSecretInput = builder.inputType('ExpirePreviousSecretInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const RevokeAllApiKeysInput = builder.inputType('RevokeAllApiKeysInput', {
    fields: (t) => ({
      ownerId: t.id({
        description: 'Whose keys; left out, your own. Another user needs `manage:keys`.',
      }),
      reason: t.string(),
    }),
  })

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

  builder.mutationFields((t) => ({
    createApiKey: t.field({
      type: CreateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: tellsOfNewKey,
      description:
        'Makes a key for yourself, of scopes that you hold. One made with a key is its child: never wider, never longer-lived, gone with it.',
      args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
      resolve: (_root, { input }, context) =>
        context.services.keys.create(callerOf(context), input),
    }),
    updateApiKey: t.field({
      type: UpdateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: tellsOfUpdatedKey,
      description: `Changes what a key is called or narrows its scopes; narrowing another user's key needs \`manage:keys\`, and \`read:users\` to be answered more of it than its scopes and status. ${moreOfKey}, and what is set.`,
      args: { input: t.arg({ type: UpdateApiKeyInput, required: true }) },
      resolve: async (_root, { input }, context, info) => ({
        apiKey: await context.services.keys.update(callerOf(context), input, discloses(info)),
      }),
    }),
    rotateApiKey: t.field({
      type: RotateApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: tellsOfRotatedKey,
      description: `Gives a key a new secret, which works at once; the old one works until the grace period ends. ${moreOfKey}, and of the rotation.`,
      args: { input: t.arg({ type: RotateApiKeyInput, required: true }) },
      resolve: (_root, { input }, context) =>
        context.services.keys.rotate(callerOf(context), input),
    }),
    expirePreviousSecret: t.field({
      type: ExpirePreviousSecretPayload,
      requiresScopes: 'write:keys',
      extensions: tellsOfExpiredSecret,
      description: `Ends a rotation's grace period now. \`previousSecret.lastUsedAt\` tells whether someone still uses the old secret. ${moreOfKey}, and of the rotation.`,
      args: { input: t.arg({ type: ExpirePreviousSecretInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        apiKey: await context.services.keys.expirePrevious(callerOf(context), input.id),
      }),
    }),
    revokeAllApiKeys: t.field({
      type: RevokeAllApiKeysPayload,
      requiresScopes: 'write:keys',
      extensions: tellsCountOfKeys,
      description:
        'Refuses every key of a user from now on, also the one that this is sent with. JWTs go on: see `signOutEverywhere`.',
      args: { input: t.arg({ type: RevokeAllApiKeysInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        revokedCount: await context.services.keys.revokeAll(callerOf(context), input),
      }),
    }),
    revokeApiKey: t.field({
      type: RevokeApiKeyPayload,
      requiresScopes: 'write:keys',
      extensions: tellsOfRevokedKeys,
      description: `Refuses a key and every key it made from now on; another user's key needs \`manage:keys\`, and \`read:users\` to be answered more of it than its scopes and status. ${moreOfKey}.`,
      args: { input: t.arg({ type: RevokeApiKeyInput, required: true }) },
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

function apiKeyRef(builder: Builder) {
  return builder.objectRef<ApiKey>('ApiKey')
}

/** Whether a payload will tell more of a key than what became of it. */
function discloses(info: GraphQLResolveInfo): boolean {
  return ['apiKey', 'revokedDescendants'].some((path) =>
    [...selectedFields(info, path)].some(
      (field) => field !== '__typename' && !outcomeOfKey.has(field),
    ),
  )
}

/** A key goes with its owner; only a deletion in the middle of this request leaves one without. */
async function ownerOf(key: ApiKey, { loaders }: Context): Promise<User> {
  const owner = await loaders.user.load(key.ownerId)
  if (owner === null) throw new NotFoundError('user')
  return owner
}
