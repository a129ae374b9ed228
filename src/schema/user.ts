import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import { registerUserMutations } from './user-mutations.ts'
import { registerUserQueries } from './user-queries.ts'

export type UserTypes = ReturnType<typeof registerUserType>

export function registerUsers(builder: Builder): UserTypes {
  const types = registerUserType(builder)
  registerUserQueries(builder, types)
  registerUserMutations(builder, types)
  return types
}

function registerUserType(builder: Builder) {
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
  return { UserRef, UserStatus }
}
