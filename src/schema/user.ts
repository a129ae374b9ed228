import { administrativeScopes } from '../scopes.ts'
import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import type { PageInfoRef } from './connection-types.ts'
import { registerUserMutations } from './user-mutations.ts'
import { registerUserQueries } from './user-queries.ts'

export type UserTypes = ReturnType<typeof registerUserType>

export function registerUsers(builder: Builder, PageInfoRef: PageInfoRef) {
  const types = registerUserType(builder)
  registerUserQueries(builder, types, PageInfoRef)
  const inputs = registerUserMutations(builder, types)
  return { ...types, inputs }
}

const administrative = new Intl.ListFormat('en-GB').format(
  [...administrativeScopes].map((name) => `\`${name}\``),
)

function registerUserType(builder: Builder) {
  const UserStatus = builder.enumType('UserStatus', {
    description: 'The status of a user.',
    values: {
      ACTIVE: {
        description: 'The user is not suspended: the server accepts its valid credentials.',
      },
      SUSPENDED: {
        description:
          'The server refuses every credential of the user (`INVALID_CREDENTIAL`) until `reactivateUser` ends the suspension.',
      },
    },
  })

  const UserRef = builder.objectRef<User>('User').implement({
    description:
      'A user, identified by issuer and subject. Its credentials are its API keys and the JWTs with that issuer and subject. If the user does not exist, the server creates it when it accepts the first of these JWTs.',
    extensions: { directives: { key: { fields: 'id' } } },
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of the user on this server, a UUID.' }),
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
        description: `The grant of the user, sorted: the ceiling on the scopes of all its credentials. Null sets no ceiling: credentials keep the scopes that they carry, except ${administrative}. Those must be granted by name, here or by the issuer.\n\nThe operator can name a claim in which the issuer lists all scopes of a user (\`grantClaim\`). The last value of this claim is a second ceiling, which this field does not show.`,
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
