import { NotFoundError } from '../errors.ts'
import { isUserId } from '../users/identity.ts'
import { maxSearchLength } from '../users/rules.ts'
import type { Builder } from './builder.ts'
import { type PageInfoRef, pageArguments, registerConnection } from './connection-types.ts'
import { principalOf } from './context.ts'
import { connection, pageRequest } from './pages.ts'
import type { UserTypes } from './user.ts'

export function registerUserQueries(
  builder: Builder,
  { UserRef, UserStatus }: UserTypes,
  PageInfoRef: PageInfoRef,
): void {
  const UserConnection = registerConnection(
    builder,
    { PageInfoRef, NodeRef: UserRef },
    {
      name: 'UserConnection',
      description: 'One page of a list of users (Relay Cursor Connections).',
    },
    { name: 'UserEdge', description: 'A user and its position in a list.' },
  )

  builder.queryFields((t) => ({
    me: t.field({
      type: UserRef,
      authenticated: true,
      description: 'Returns the user to whom the credential belongs; for an API key, its owner.',
      resolve: async (_root, _args, context) => {
        const user = await context.loaders.user.load(principalOf(context).userId)
        if (user === null) throw new NotFoundError('user')
        return user
      },
    }),
    user: t.field({
      type: UserRef,
      nullable: true,
      requiresScopes: 'read:users',
      description: 'Returns one user. Null if no such user exists, or if the id is not a UUID.',
      args: { id: t.arg.id({ required: true, description: 'The id of the user, a UUID.' }) },
      // A text that cannot be an id needs no query.
      resolve: (_root, { id }, context) => (isUserId(id) ? context.loaders.user.load(id) : null),
    }),
    users: t.field({
      type: UserConnection,
      requiresScopes: 'read:users',
      description: 'Lists users, newest first.',
      args: {
        ...pageArguments(t),
        search: t.arg.string({
          description: `Lists only users whose subject, e-mail address or name begins with this text. Upper and lower case are not distinguished. At most ${maxSearchLength} characters. Default, and for an empty text: all users.`,
        }),
        status: t.arg({
          type: UserStatus,
          description: 'Lists only users with this status. Default: any status.',
        }),
      },
      resolve: async (_root, { search, status, ...args }, { services, turns }) => {
        const request = pageRequest(args, isUserId)
        const filter = { search: search || null, status: status ?? null }
        const page = await turns.take(() => services.users.list(filter, request))
        return connection(
          page,
          request,
          (user) => user.createdAt,
          () => services.users.count(filter),
        )
      },
    }),
  }))
}
