import type { ApiKey } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { type PageInfoRef, pageArguments, registerConnection } from './connection-types.ts'
import { principalOf } from './context.ts'
import { connection, emptyConnection, pageRequest } from './pages.ts'

export function registerApiKeyQueries(
  builder: Builder,
  { ApiKeyRef, ApiKeyStatus }: ApiKeyTypes,
  PageInfoRef: PageInfoRef,
): void {
  const ApiKeyConnection = registerConnection(
    builder,
    { PageInfoRef, NodeRef: ApiKeyRef },
    {
      name: 'ApiKeyConnection',
      description: 'One page of a list of API keys (Relay Cursor Connections).',
    },
    { name: 'ApiKeyEdge', description: 'An API key and its position in a list.' },
  )

  builder.queryFields((t) => ({
    apiKey: t.field({
      type: ApiKeyRef,
      nullable: true,
      requiresScopes: 'read:keys',
      description:
        'Returns one API key. Null if no such key exists. Null for a key of another user, unless the caller also has both `manage:keys` and `read:users`.',
      args: { id: t.arg.id({ required: true, description: 'The id of the key.' }) },
      resolve: (_root, { id }, context) => context.services.keys.read(principalOf(context), id),
    }),
    apiKeys: t.field({
      type: ApiKeyConnection,
      requiresScopes: 'read:keys',
      description: 'Lists the API keys of one user, newest first.',
      args: {
        ...pageArguments(t),
        status: t.arg({
          type: ApiKeyStatus,
          description: 'Lists only keys with this status. Default: any status.',
        }),
        ownerId: t.arg.id({
          description:
            'The id of the user who owns the keys. Default: the user of the caller. For another user, the list is empty unless the caller also has both `manage:keys` and `read:users`.',
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
    }),
  }))
}
