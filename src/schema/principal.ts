import { NotFoundError } from '../errors.ts'
import type { Credential, Principal } from '../principal.ts'
import { sorted } from '../scopes.ts'
import type { Builder } from './builder.ts'
import type { OwnerType } from './owner-type.ts'

export type CredentialKindRef = ReturnType<typeof registerCredentialKind>

export function registerCredentialKind(builder: Builder) {
  return builder.enumType('CredentialKind', {
    description: 'The kind of a credential.',
    values: {
      API_KEY: { description: 'An API key that this server issued.' },
      JWT: { description: 'A JWT that is signed by an issuer that this server trusts.' },
      SESSION: {
        description:
          'The sign-in of an application, such as a cookie, in which this server is embedded.',
      },
    },
  })
}

function registerCredential(builder: Builder, CredentialKind: CredentialKindRef) {
  return builder.objectRef<Credential>('Credential').implement({
    description:
      'The credential that the request presented. Its kind does not affect which scopes it needs. But an API key may change and rotate only itself and its descendants, and a key that it creates is its child.',
    fields: (t) => ({
      kind: t.expose('kind', { type: CredentialKind, description: 'The kind of the credential.' }),
      id: t.exposeID('id', {
        nullable: true,
        description:
          'The public id of the API key, or the `jti` of the JWT. Null for a JWT without `jti` and for a session.',
      }),
      name: t.exposeString('name', {
        nullable: true,
        description: 'The name of the API key. Null for a JWT and a session.',
      }),
      issuer: t.exposeString('issuer', {
        nullable: true,
        description: 'The issuer of the JWT (`iss`) or of the session. Null for an API key.',
      }),
      scopes: t.stringList({
        description:
          "The scopes that the credential itself carries, before its owner's grant and the ancestors of an API key narrow them. Sorted.",
        resolve: (credential) => [...credential.scopes],
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The time at which the credential expires. Null if it does not expire.',
      }),
    }),
  })
}

export function registerPrincipal(
  builder: Builder,
  CredentialKind: CredentialKindRef,
  owner: OwnerType | null,
): void {
  const CredentialRef = registerCredential(builder, CredentialKind)
  const PrincipalRef = builder.objectRef<Principal>('Principal').implement({
    description: 'The user and the effective scopes of the request.',
    fields: (t) => ({
      issuer: t.exposeString('issuer', {
        description: 'The issuer of the user. Together with `subject` it identifies the user.',
      }),
      subject: t.exposeID('subject', {
        description:
          'The subject of the user: `sub` of the JWT, or the subject of the owner of the API key.',
      }),
      scopes: t.stringList({
        description:
          "The effective scopes of the request: those scopes of the credential that its owner's grant (see `User.scopes`) and all ancestors of an API key also allow. Sorted.",
        resolve: (principal) => [...sorted(principal.scopes)],
      }),
      credential: t.expose('credential', {
        type: CredentialRef,
        description: 'The credential that the request presented.',
      }),
      ...(owner !== null && {
        user: t.field({
          type: owner.ref,
          nullable: owner.nullable,
          description: 'The user to whom the credential belongs.',
          resolve: async (principal, _args, context) => {
            const user = await context.loaders.user.load(principal.userId)
            if (user === null) throw new NotFoundError('user')
            return owner.resolve(user, context)
          },
        }),
      }),
    }),
  })

  builder.queryField('viewer', (t) =>
    t.field({
      type: PrincipalRef,
      nullable: true,
      public: true,
      description:
        'Returns the principal of the request: the user, the effective scopes and the credential. Null if the request has no credential.',
      resolve: (_root, _args, context) => context.principal,
    }),
  )
}
