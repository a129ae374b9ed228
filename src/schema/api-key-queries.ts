import type { ApiKey } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { principalOf } from './context.ts'
import { connection, emptyConnection, pageRequest } from './pages.ts'

export function registerApiKeyQueries(
  builder: Builder,
  { ApiKeyRef, ApiKeyStatus }: ApiKeyTypes,
): void {
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
}
