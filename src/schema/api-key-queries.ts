import type { ApiKey } from '../keys/api-key.ts'
import { isKeyId } from '../keys/key-id.ts'
import { maxKeySearchLength } from '../keys/rules.ts'
import { sortValueOf } from '../keys/sort.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { type PageInfoRef, pageArguments, registerConnection } from './connection-types.ts'
import { principalOf } from './context.ts'
import { keyCursorForms } from './key-cursors.ts'
import { connection, emptyConnection, pageRequest } from './pages.ts'

export type ApiKeyConnectionRef = ReturnType<typeof registerApiKeyQueries>

/** @returns the type of a page of keys */
export function registerApiKeyQueries(
  builder: Builder,
  { ApiKeyRef, ApiKeyStatus }: ApiKeyTypes,
  PageInfoRef: PageInfoRef,
) {
  const ApiKeyConnection = registerConnection(
    builder,
    { PageInfoRef, NodeRef: ApiKeyRef },
    {
      name: 'ApiKeyConnection',
      description: 'One page of a list of API keys (Relay Cursor Connections).',
    },
    { name: 'ApiKeyEdge', description: 'An API key and its position in a list.' },
  )

  const ApiKeySort = registerApiKeySort(builder)

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
      description: 'Lists the API keys of one user.',
      args: {
        ...pageArguments(t),
        status: t.arg({
          type: ApiKeyStatus,
          description: 'Lists only keys with this status. Default: any status.',
        }),
        search: t.arg.string({
          description: `Lists only keys whose name begins with this text, and the key whose \`id\` or \`start\` equals this text. Upper and lower case of names are not distinguished. At most ${maxKeySearchLength} characters. Default, and for an empty text: all keys.`,
        }),
        sort: t.arg({
          type: ApiKeySort,
          description: 'The order of the list. Default: `NEWEST`.',
        }),
        ownerId: t.arg.id({
          description:
            'The id of the user who owns the keys. Default: the user of the caller. For another user, the list is empty unless the caller also has both `manage:keys` and `read:users`.',
        }),
      },
      resolve: async (_root, { status, ownerId, search, sort, ...args }, context) => {
        const { keys } = context.services
        const order = sort ?? 'NEWEST'
        const form = keyCursorForms[order]
        const request = pageRequest(args, isKeyId, form)
        const filter = keys.filter(principalOf(context), {
          ownerId: ownerId ?? null,
          status: status ?? null,
          search,
          sort: order,
        })
        if (filter === null) return emptyConnection<ApiKey>()
        const page = await context.turns.take(() => keys.list(filter, request))
        return connection(
          page,
          request,
          (key) => sortValueOf(order, key),
          () => keys.count(filter),
          form,
        )
      },
    }),
  }))
  return ApiKeyConnection
}

function registerApiKeySort(builder: Builder) {
  return builder.enumType('ApiKeySort', {
    description: 'The order of a list of API keys. Keys with the same value are sorted by id.',
    values: {
      NEWEST: { description: 'By `createdAt`, the latest first.' },
      NAME: {
        description:
          'By `name`, without the case of letters: by the code points of the characters in lower case.',
      },
      LAST_USED: {
        description:
          'By `lastUsedAt`, the latest first; keys that were never used come last. Keys that are used while a client reads the pages change their position.',
      },
      EXPIRES: {
        description: 'By `expiresAt`, the earliest first; keys that do not expire come last.',
      },
    },
  })
}
