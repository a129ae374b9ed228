import { BadUserInputError, NotFoundError } from '../errors.ts'
import { isUserId, subjectForm } from '../users/identity.ts'
import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import { callerOf, principalOf } from './context.ts'
import { connection, pageRequest } from './pages.ts'
import { tellsOfUser } from './payload-rules.ts'

const moreOfUser = 'Without `read:users` only `id` and `status` of another user may be selected.'

export type UserTypes = ReturnType<typeof registerUsers>

/** Characters: subjects, addresses and names have fewer. */
const maxSearchLength = 400

export function registerUsers(builder: Builder) {
  const UserStatus = builder.enumType('UserStatus', {
    description: 'Whether the credentials of a user are honoured.',
    values: {
      ACTIVE: { description: 'Credentials are honoured.' },
      SUSPENDED: { description: 'Every credential is refused until the user is reactivated.' },
    },
  })

  const UserRef = builder.objectRef<User>('User').implement({
    description: 'Someone who holds credentials: a subject of an issuer.',
    extensions: { directives: { key: { fields: 'id' } } },
    fields: (t) => ({
      id: t.exposeID('id'),
      issuer: t.exposeString('issuer', {
        description: 'Who vouches for the subject: `iss` of its JWTs.',
      }),
      subject: t.exposeID('subject', {
        description: 'Who it is to that issuer: `sub` of its JWTs.',
      }),
      email: t.exposeString('email', { nullable: true }),
      name: t.exposeString('name', { nullable: true }),
      status: t.expose('status', { type: UserStatus }),
      scopes: t.stringList({
        nullable: true,
        description:
          'The ceiling over all credentials of the user; null: no ceiling, the issuer decides.',
        resolve: (user) => (user.scopes === null ? null : [...user.scopes]),
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })

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

  const payload = (name: string, description: string) =>
    builder.objectRef<{ user: User }>(name).implement({
      description,
      fields: (t) => ({ user: t.expose('user', { type: UserRef }) }),
    })

  const CreateUserInput = builder.inputType('CreateUserInput', {
    fields: (t) => ({
      issuer: t.string({
        description: 'One that this server trusts; left out, the first of them.',
      }),
      subject: t.id({ required: true, description: `${subjectForm}.` }),
      email: t.string(),
      name: t.string({ description: 'At most 200 characters.' }),
      scopes: t.stringList({
        description: 'The ceiling over all credentials of the user, of scopes that you hold.',
      }),
    }),
  })
  const UpdateUserInput = builder.inputType('UpdateUserInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      email: t.string({ description: 'null removes it; left out, it stays.' }),
      name: t.string({ description: 'null removes it; left out, it stays.' }),
    }),
  })
  const SuspendUserInput = builder.inputType('SuspendUserInput', {
    fields: (t) => ({ id: t.id({ required: true }), reason: t.string() }),
  })
  const ReactivateUserInput = builder.inputType('ReactivateUserInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const DeleteUserInput = builder.inputType('DeleteUserInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const SetUserScopesInput = builder.inputType('SetUserScopesInput', {
    fields: (t) => ({
      userId: t.id({ required: true }),
      scopes: t.stringList({
        description: 'null lifts the ceiling; leaving it out is an error, so that it never does.',
      }),
    }),
  })

  const CreateUserPayload = payload('CreateUserPayload', 'The new user.')
  const UpdateUserPayload = payload('UpdateUserPayload', 'The user as it is now.')
  const SuspendUserPayload = payload('SuspendUserPayload', 'The user, suspended.')
  const ReactivateUserPayload = payload('ReactivateUserPayload', 'The user, active again.')
  const SetUserScopesPayload = payload('SetUserScopesPayload', 'The user with its new grant.')
  const DeleteUserPayload = builder
    .objectRef<{ deletedUserId: string }>('DeleteUserPayload')
    .implement({
      description: 'What is no more.',
      fields: (t) => ({ deletedUserId: t.exposeID('deletedUserId') }),
    })

  const SignOutEverywherePayload = builder
    .objectRef<{ at: Date }>('SignOutEverywherePayload')
    .implement({
      description: 'Done.',
      fields: (t) => ({
        at: t.expose('at', {
          type: 'DateTime',
          description:
            'JWTs that were issued before this moment are refused, and so is the one that sent this mutation.',
        }),
      }),
    })

  builder.mutationFields((t) => ({
    createUser: t.field({
      type: CreateUserPayload,
      requiresScopes: 'write:users',
      extensions: tellsOfUser(null),
      description: `Makes a user, also one that was deleted before. ${moreOfUser} Nor is it told then that the user was there already: the answer is that of a new one, and nothing is changed.`,
      args: { input: t.arg({ type: CreateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.create(callerOf(context), input),
      }),
    }),
    updateUser: t.field({
      type: UpdateUserPayload,
      requiresScopes: 'write:users',
      extensions: tellsOfUser('id'),
      description: `Changes a user's e-mail address or name. ${moreOfUser}`,
      args: { input: t.arg({ type: UpdateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.update(callerOf(context), input),
      }),
    }),
    suspendUser: t.field({
      type: SuspendUserPayload,
      requiresScopes: 'write:users',
      extensions: tellsOfUser('id'),
      description: `Refuses every credential of a user until it is reactivated. ${moreOfUser}`,
      args: { input: t.arg({ type: SuspendUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.suspend(callerOf(context), input.id, input.reason),
      }),
    }),
    reactivateUser: t.field({
      type: ReactivateUserPayload,
      requiresScopes: 'write:users',
      extensions: tellsOfUser('id'),
      description: `Honours the credentials of a suspended user again; revoked keys stay revoked. ${moreOfUser}`,
      args: { input: t.arg({ type: ReactivateUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.reactivate(callerOf(context), input.id),
      }),
    }),
    deleteUser: t.field({
      type: DeleteUserPayload,
      requiresScopes: 'write:users',
      description:
        'Removes a user with its keys. Its JWTs stay refused until someone creates the user anew.',
      args: { input: t.arg({ type: DeleteUserInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        deletedUserId: await context.services.users.delete(callerOf(context), input.id),
      }),
    }),
    setUserScopes: t.field({
      type: SetUserScopesPayload,
      requiresScopes: 'write:grants',
      extensions: tellsOfUser('userId'),
      description: `Sets the ceiling over all of a user's credentials: taking a scope away narrows every key and token at once. ${moreOfUser}`,
      args: { input: t.arg({ type: SetUserScopesInput, required: true }) },
      resolve: async (_root, { input }, context) => ({
        user: await context.services.users.setScopes(callerOf(context), input),
      }),
    }),
    signOutEverywhere: t.field({
      type: SignOutEverywherePayload,
      requiresScopes: 'write:keys',
      description:
        'Refuses your JWTs that were issued before now, this one included. API keys go on: see `revokeAllApiKeys`.',
      resolve: async (_root, _args, context) => ({
        at: await context.services.users.signOut(callerOf(context)),
      }),
    }),
  }))

  return { UserRef }
}
