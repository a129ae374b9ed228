import { administrativeScopes } from '../scopes.ts'
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

const administrative = new Intl.ListFormat('en-GB').format(
  [...administrativeScopes].map((name) => `\`${name}\``),
)

function registerUserType(builder: Builder) {
  const UserStatus = builder.enumType('UserStatus', {
    description: 'The status of a user.',
    values: {
      ACTIVE: { description: 'The server accepts the credentials of the user.' },
      SUSPENDED: {
        description:
          'The server refuses every credential of the user until `reactivateUser` ends the suspension.',
      },
    },
  })

  const UserRef = builder.objectRef<User>('User').implement({
    description:
      'A user: one subject of one issuer. Its credentials are the JWTs with that issuer and subject, and its API keys.',
    extensions: { directives: { key: { fields: 'id' } } },
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of the user, a UUID.' }),
      issuer: t.exposeString('issuer', {
        description: 'The issuer of the user: `iss` of its JWTs.',
      }),
      subject: t.exposeID('subject', {
        description:
          'The subject of the user, which identifies it at its issuer: `sub` of its JWTs.',
      }),
      email: t.exposeString('email', {
        nullable: true,
        description: 'The e-mail address of the user. Null if none is stored.',
      }),
      name: t.exposeString('name', {
        nullable: true,
        description: 'The name of the user. Null if none is stored.',
      }),
      status: t.expose('status', {
        type: UserStatus,
        description: 'Whether the user is active or suspended.',
      }),
      scopes: t.stringList({
        nullable: true,
        description: `The grant of the user: the ceiling on the scopes of all its credentials, sorted. A \`grantClaim\` of the issuer can lower the ceiling. Null sets no ceiling: credentials keep the scopes that they carry, except ${administrative}. Those require a grant here or in the \`grantClaim\`.`,
        resolve: (user) => (user.scopes === null ? null : [...user.scopes]),
      }),
      createdAt: t.expose('createdAt', {
        type: 'DateTime',
        description: 'The time at which the user was created.',
      }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        description: 'The time of the last change to the user.',
      }),
    }),
  })
  return { UserRef, UserStatus }
}
