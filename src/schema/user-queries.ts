import { BadUserInputError, NotFoundError } from '../errors.ts'
import { isUserId } from '../users/identity.ts'
import type { Builder } from './builder.ts'
import { principalOf } from './context.ts'
import { connection, pageRequest } from './pages.ts'
import type { UserTypes } from './user.ts'

/** Characters: subjects, addresses and names have fewer. */
const maxSearchLength = 400

export function registerUserQueries(builder: Builder, { UserRef, UserStatus }: UserTypes): void {
  const UserConnection = builder.connectionObject(
    {
      type: UserRef,
      name: 'UserConnection',
    },
    { name: 'UserEdge' },
  )

  builder.queryFields((t) => ({
    me: t.field({
      type: UserRef,
      authenticated: true,
      description: 'The user that the credential belongs to.',
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
      description: 'One user, or null.',
      args: { id: t.arg.id({ required: true }) },
      // What no user can be called is answered at once.
      resolve: (_root, { id }, context) => (isUserId(id) ? context.loaders.user.load(id) : null),
    }),
    users: t.connection(
      {
        type: UserRef,
        requiresScopes: 'read:users',
        description: 'Users, newest first.',
        args: {
          search: t.arg.string({
            description: 'What the subject, e-mail address or name begins with, in any case.',
          }),
          status: t.arg({ type: UserStatus }),
        },
        resolve: async (_root, { search, status, ...args }, { services, turns }) => {
          const request = pageRequest(args, isUserId)
          if (search != null && search.length > maxSearchLength) {
            throw new BadUserInputError('search', 'is longer than anything that is searched.')
          }
          const filter = { search: search || null, status: status ?? null }
          const page = await turns.take(() => services.users.list(filter, request))
          return connection(
            page,
            request,
            (user) => user.createdAt,
            () => services.users.count(filter),
          )
        },
      },
      UserConnection,
    ),
  }))
}
