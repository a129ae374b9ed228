import { NotFoundError } from '../errors.ts'
import type { Credential, Principal } from '../principal.ts'
import { sorted } from '../scopes.ts'
import type { Builder } from './builder.ts'
import type { UserTypes } from './user.ts'

export type PrincipalTypes = ReturnType<typeof registerPrincipal>

export function registerPrincipal(builder: Builder, { UserRef }: UserTypes) {
  const CredentialKind = builder.enumType('CredentialKind', {
    description: 'What a client sent.',
    values: {
      API_KEY: { description: 'A key made here.' },
      JWT: { description: 'A token signed by an issuer that this server trusts.' },
    },
  })

  const CredentialRef = builder.objectRef<Credential>('Credential').implement({
    description: 'What the client sent, for showing; nothing depends on which kind it is.',
    fields: (t) => ({
      kind: t.expose('kind', { type: CredentialKind }),
      id: t.exposeID('id', { nullable: true, description: 'Of the key, or `jti` of the JWT.' }),
      name: t.exposeString('name', { nullable: true }),
      issuer: t.exposeString('issuer', { nullable: true }),
      scopes: t.stringList({
        description: "What it carries, before its owner's grant narrowed it.",
        resolve: (credential) => [...credential.scopes],
      }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    }),
  })

  const PrincipalRef = builder.objectRef<Principal>('Principal').implement({
    description: 'Who is asking.',
    fields: (t) => ({
      issuer: t.exposeString('issuer'),
      subject: t.exposeID('subject'),
      scopes: t.stringList({
        description: 'Effective: what this request may do.',
        resolve: (principal) => [...sorted(principal.scopes)],
      }),
      credential: t.expose('credential', { type: CredentialRef }),
      user: t.field({
        type: UserRef,
        resolve: async (principal, _args, { loaders }) => {
          const user = await loaders.user.load(principal.userId)
          if (user === null) throw new NotFoundError('user')
          return user
        },
      }),
    }),
  })

  builder.queryField('viewer', (t) =>
    t.field({
      type: PrincipalRef,
      nullable: true,
      public: true,
      description: 'Who is asking; null when no credential was sent.',
      resolve: (_root, _args, context) => context.principal,
    }),
  )

  return { CredentialKind }
}
